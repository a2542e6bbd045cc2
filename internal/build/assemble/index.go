package assemble

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// Index joins the images of several platforms into one OCI index, in the order of the platforms'
// names, so that the digest does not depend on which image was ready first. Each platform is read
// from its image's config; two images for one platform are an error, since nodes take the first and the other never runs.
func Index(images ...v1.Image) (v1.ImageIndex, error) {
	if len(images) == 0 {
		return nil, errors.New("assembling an index: there are no images to put into it")
	}
	var entries []mutate.IndexAddendum
	for _, image := range images {
		platform, err := platformOf(image)
		if err != nil {
			return nil, fmt.Errorf("assembling an index: %w", err)
		}
		entries = append(entries, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: platform}})
	}
	slices.SortFunc(entries, func(a, b mutate.IndexAddendum) int {
		return cmp.Compare(a.Platform.String(), b.Platform.String())
	})
	for i := 1; i < len(entries); i++ {
		if entries[i-1].Platform.Equals(*entries[i].Platform) {
			return nil, fmt.Errorf("assembling an index: two images are for %s", entries[i].Platform)
		}
	}
	return mutate.AppendManifests(empty.Index, entries...), nil
}

func platformOf(image v1.Image) (*v1.Platform, error) {
	config, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading an image's config: %w", err)
	}
	if config.Platform() == nil {
		return nil, errors.New("the config of an image names no platform")
	}
	return config.Platform(), nil
}
