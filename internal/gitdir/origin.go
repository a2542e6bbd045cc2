package gitdir

import (
	"os"
	"path/filepath"
	"regexp"
)

var (
	originURL = regexp.MustCompile(`(?m)^\[remote "origin"\]\s*\n(?:[ \t]+[^\n]*\n)*?[ \t]*url\s*=\s*(\S+)`)
	ownerName = regexp.MustCompile(`[:/]([^/:]+/[^/]+?)(?:\.git)?/?$`)
)

// Origin is the OWNER/NAME of the remote origin, which git writes as https://HOST/OWNER/NAME or
// git@HOST:OWNER/NAME.git; "" where there is no such remote.
func (c Checkout) Origin() string {
	config, err := os.ReadFile(filepath.Join(c.common, "config"))
	if err != nil {
		return ""
	}
	url := originURL.FindSubmatch(config)
	if url == nil {
		return ""
	}
	parts := ownerName.FindSubmatch(url[1])
	if parts == nil {
		return ""
	}
	return string(parts[1])
}
