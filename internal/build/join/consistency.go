package join

import (
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// apart is how far the times of parts may lie apart where no commit is known: jobs of one run are not a day apart.
const apart = 24 * time.Hour

// belongTogether finds parts that are of another commit than this run's, or than the others, and platforms that lead to
// one image.
func belongTogether(image joined) (faults []finding.Finding) {
	wanted := image.spec.Revision()
	digests := map[v1.Hash]v1.Platform{}
	var newest time.Time
	for _, p := range image.parts {
		if other, taken := digests[p.manifest.Digest]; taken {
			faults = append(faults, *fault(image.spec, p.platform, finding.PlatformMismatch,
				fmt.Sprintf("it leads to the same image as %s, %s", other, p.manifest.Digest)))
		}
		digests[p.manifest.Digest] = p.platform
		if wanted == "" {
			wanted = p.revision
		}
		if p.created.After(newest) {
			newest = p.created
		}
	}
	for _, p := range image.parts {
		switch {
		case p.revision != "" && p.revision != wanted:
			faults = append(faults, *fault(image.spec, p.platform, finding.PlatformMissing,
				fmt.Sprintf("%s is of commit %s, and this run of %s", p.source, p.revision, wanted)))
		case p.revision == "" && newest.Sub(p.created) > apart:
			faults = append(faults, *fault(image.spec, p.platform, finding.PlatformMissing,
				fmt.Sprintf("%s names no commit, and was made at %s, long before another part of the image, at %s",
					p.source, p.created.UTC().Format(time.RFC3339), newest.UTC().Format(time.RFC3339))))
		}
	}
	return faults
}
