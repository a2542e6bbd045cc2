package reader

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// The platforms that an image can be for: OCI takes Go's names
// (https://github.com/opencontainers/image-spec/blob/main/image-index.md, `go tool dist list`).
var (
	systems = []string{"aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "linux", "netbsd",
		"openbsd", "plan9",
		"solaris", "wasip1", "windows"}
	Architectures = []string{"386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64",
		"ppc64le", "riscv64",
		"s390x", "wasm"}
	// otherNames are what `uname -m` and others call an architecture.
	otherNames = map[string]string{"x86_64": "amd64", "x86-64": "amd64", "x64": "amd64", "aarch64": "arm64",
		"armv8": "arm64", "armhf": "arm/v7",
		"armv7": "arm/v7", "armv7l": "arm/v7", "armv6": "arm/v6", "i386": "386", "i686": "386", "x86": "386"}
)

// Platforms parses platforms with commas or line ends between them, each once.
func (p *Reader) Platforms(where, text string) []v1.Platform {
	var platforms []v1.Platform
	for _, item := range strings.FieldsFunc(text, Separates) {
		platform, err := ParsePlatform(item)
		if err != nil {
			p.Problem("%s: %q is not a platform such as linux/amd64 or linux/arm64%v", where, item, err)
			continue
		}
		if !slices.ContainsFunc(platforms, platform.Equals) {
			platforms = append(platforms, platform)
		}
	}
	return platforms
}

// ParsePlatform parses OS/ARCHITECTURE[/VARIANT]. The error begins with what goes behind "is not a platform".
func ParsePlatform(text string) (v1.Platform, error) {
	platform, err := v1.ParsePlatform(text)
	switch {
	case err != nil || platform.OS == "" || platform.Architecture == "":
		return v1.Platform{}, fmt.Errorf("")
	case otherNames[platform.Architecture] != "":
		return v1.Platform{}, fmt.Errorf("; write %s/%s", platform.OS, otherNames[platform.Architecture])
	case !slices.Contains(systems, platform.OS):
		return v1.Platform{}, fmt.Errorf(": there is no operating system %q, such as linux or windows", platform.OS)
	case !slices.Contains(Architectures, platform.Architecture):
		return v1.Platform{}, fmt.Errorf(": there is no architecture %q; known are %s", platform.Architecture,
			strings.Join(Architectures, ", "))
	}
	return *platform, nil
}
