package assemble

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// noBase: there is no such base at all.
func (p *plan) noBase() finding.Finding {
	ref := p.Assembly.Base
	return p.finding(finding.ImageNotFound, v1.Platform{},
		fmt.Sprintf("base image %q is not in registry %q", ref, ref.Context().RegistryStr()),
		"Check base-image: its registry, repository and tag.")
}

// baseLacks: an index can't offer a platform that its base does not have.
func (p *plan) baseLacks(platform v1.Platform) finding.Finding {
	return p.finding(finding.PlatformMissing, platform,
		fmt.Sprintf("base image %q lacks it; it has %s", p.base.reference, p.base.list()),
		fmt.Sprintf("Take a base image that has %s, or leave it out of the image's platforms.", platform))
}

func (p *plan) baseLies(platform v1.Platform, config string) finding.Finding {
	return p.finding(finding.PlatformMismatch, platform,
		fmt.Sprintf("base image %q lists an image for it whose config names %s", p.base.reference, config),
		"Take another base image: this one would start programs for another CPU.")
}

// unreadable: an artifact that is not there leaves the image without the platform.
func (p *plan) unreadable(platform v1.Platform, source string, err error) finding.Finding {
	if errors.Is(err, fs.ErrNotExist) {
		return p.finding(finding.PlatformMissing, platform,
			fmt.Sprintf("artifact %q does not exist%s", source, neighbours(source)),
			fmt.Sprintf("Build it for %s before this step, correct its path in artifacts, or leave %[1]s out of the image's "+
				"platforms.", platform))
	}
	return p.unusable(platform, err)
}

// unusable: the artifacts are there, and can't be packed.
func (p *plan) unusable(platform v1.Platform, err error) finding.Finding {
	return p.finding(finding.PlatformMissing, platform, err.Error(), "Correct artifacts, or the files at their paths.")
}

func (p *plan) wrongCPU(platform v1.Platform, a artifact, cpus []string) finding.Finding {
	subject := fmt.Sprintf("artifact %q is a binary for %s", a.source, cpus[0])
	if name := a.binaries[cpus[0]]; filepath.Clean(name) != filepath.Clean(a.source) {
		subject = fmt.Sprintf("artifact %q contains binaries for %s alone, such as %q", a.source, strings.Join(cpus, ", "),
			name)
	}
	return p.finding(finding.BinaryMismatch, platform,
		subject+", which its nodes would fail to start with exec format error",
		fmt.Sprintf("Compile it for %s, and write the path of artifacts so that {arch} makes each platform's differ.",
			platform))
}

// finding is about an image, or about one platform of it.
func (p *plan) finding(code finding.Code, platform v1.Platform, why, fix string) finding.Finding {
	whom := p.Name
	if platform.Architecture != "" {
		whom += " for " + platform.String()
	}
	return finding.Finding{
		Code: code, Severity: finding.Error, Image: p.Reference.String(), Architecture: platform.Architecture,
		Message: fmt.Sprintf("Image %s can't be assembled: %s.", whom, why), Fix: fix,
	}
}

// neighbours lists what there is in place of a missing path, in the deepest folder above it that exists.
func neighbours(missing string) string {
	const most = 8
	for dir := filepath.Dir(missing); ; dir = filepath.Dir(dir) {
		if entries, err := os.ReadDir(dir); err == nil {
			var names []string
			for _, entry := range entries[:min(len(entries), most)] {
				names = append(names, entry.Name())
			}
			return fmt.Sprintf("; %q contains %s", dir, cmp.Or(strings.Join(names, ", "), "nothing"))
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}
