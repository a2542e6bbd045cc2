package image

import (
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// twinManifests returns one manifest for each set of platforms that share every layer and differ in their CPU.
func twinManifests(img *Image) (list []Manifest) {
	for i, m := range img.Manifests {
		twin := func(other Manifest) bool { return sameLayers(m, other) }
		if slices.IndexFunc(img.Manifests, twin) == i && len(twinsOf(img, m)) > 1 {
			list = append(list, m)
		}
	}
	return list
}

// twinsOf lists the platforms that have a manifest's layers, one for each CPU.
func twinsOf(img *Image, m Manifest) (list []v1.Platform) {
	for _, other := range img.Manifests {
		p := other.Platform
		known := func(have v1.Platform) bool { return have.Architecture == p.Architecture }
		if p.Architecture != "" && sameLayers(m, other) && !slices.ContainsFunc(list, known) {
			list = append(list, p)
		}
	}
	return list
}

// sameLayers compares packed layers, and what they unpack to, since pushes may pack again.
func sameLayers(a, b Manifest) bool {
	if len(a.Layers) == 0 || len(a.Layers) != len(b.Layers) {
		return false
	}
	packed := slices.EqualFunc(a.Layers, b.Layers, func(x, y v1.Descriptor) bool { return x.Digest == y.Digest })
	unpacked := len(a.File.RootFS.DiffIDs) == len(a.Layers) && slices.Equal(a.File.RootFS.DiffIDs, b.File.RootFS.DiffIDs)
	return packed || unpacked
}

// findTwins looks for a binary in the layers that several platforms share. Where there is none, the image does not
// depend on the CPU: a static site, or data.
func (s *shelf) findTwins(img *Image) error {
	var problem error
	for _, m := range twinManifests(img) {
		fsys, done := s.borrow(img, &m)
		file, found, err := fsys.Native()
		done()
		if fault, missing := broken(&m, err); fault != nil || missing != nil {
			problem = missing
			continue
		}
		if found {
			img.Twins = append(img.Twins, Twins{Platforms: twinsOf(img, m), Program: programOf(file, m.Layers)})
		}
	}
	return problem
}
