package inspect

import (
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
)

// What was found of a manifest by its digest never changes, so a later run need not read the layers again. Only that
// all is well is kept: what is wrong is looked at anew. A fact is as true as the folder is safe: who may write to it
// can have an image count as verified.

// subject is what a fact is about.
type subject struct {
	// Checker is the version of the program: another may see more.
	Checker string `json:"checker"`
	// Manifest is the digest of one platform's manifest, which has the config and the layers.
	Manifest v1.Hash     `json:"manifest"`
	Platform v1.Platform `json:"platform"`
	Starts   []Start     `json:"starts"`
}

func (i *Inspector) subject(j *job) subject {
	return subject{Checker: i.opts.Checker, Manifest: j.manifest.Digest, Platform: j.manifest.Platform, Starts: j.starts}
}

// recall fills in what earlier runs have found, and returns the jobs that are left.
func (i *Inspector) recall(jobs []*job) (left []*job) {
	for _, j := range jobs {
		var programs []image.Program
		if i.opts.Facts.Get(i.subject(j), &programs) && isSound(j.manifest, image.Inspection{Programs: programs}) {
			*j.found = image.Inspection{Programs: programs, Recalled: true}
			continue
		}
		left = append(left, j)
	}
	return left
}

// keep keeps what was found for later runs. Where that fails, they look themselves.
func (i *Inspector) keep(j *job) {
	if isSound(j.manifest, *j.found) {
		_ = i.opts.Facts.Put(i.subject(j), j.found.Programs)
	}
}

// isSound reports whether all that is started was found, in layers of the manifest, and is for its CPU.
func isSound(m *image.Manifest, found image.Inspection) bool {
	if found.Broken != nil || len(found.Unchecked)+len(found.Absent) > 0 || len(found.Programs) == 0 {
		return false
	}
	return !slices.ContainsFunc(found.Programs, func(p image.Program) bool {
		return p.Layers != len(m.Layers) || p.Layer < 1 || p.Layer > p.Layers || p.Digest != m.Layers[p.Layer-1].Digest ||
			p.Architecture == "" || p.Architecture != m.Platform.Architecture
	})
}
