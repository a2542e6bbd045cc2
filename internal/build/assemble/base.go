package assemble

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/containerd/platforms"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// base is the image below, as its registry has it now.
type base struct {
	reference name.Reference
	// digest is that of its index, or of its manifest where it has no index.
	digest v1.Hash
	offers []offer
}

// offer is what a base has for one platform.
type offer struct {
	platform v1.Platform
	image    func() (v1.Image, error)
}

// pullBase looks a base up. Nothing but its index is read yet, and of its layers never more than has to be sent on.
func pullBase(ctx context.Context, client *registry.Client, ref name.Reference) (base, error) {
	top, err := client.Get(ctx, ref)
	if err != nil {
		return base{}, err
	}
	b := base{reference: ref, digest: top.Digest}
	if top.MediaType.IsIndex() {
		b.offers, err = offersOfIndex(top)
	} else {
		b.offers, err = offersOfImage(top)
	}
	return b, err
}

func offersOfIndex(top *remote.Descriptor) ([]offer, error) {
	index, err := top.ImageIndex()
	if err != nil {
		return nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	var offers []offer
	for _, entry := range manifest.Manifests {
		if entry.Platform != nil && entry.MediaType.IsImage() && entry.Platform.Architecture != "unknown" {
			open := func() (v1.Image, error) { return index.Image(entry.Digest) }
			offers = append(offers, offer{*entry.Platform, open})
		}
	}
	return offers, nil
}

// offersOfImage: a single manifest says in its config what it is for.
func offersOfImage(top *remote.Descriptor) ([]offer, error) {
	image, err := top.Image()
	if err != nil {
		return nil, err
	}
	if err := checkConfig(image); err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil || config.Platform() == nil {
		return nil, err
	}
	return []offer{{*config.Platform(), func() (v1.Image, error) { return image, nil }}}, nil
}

// find returns the base's image for a platform, or nil where it has none. A node would take a substitute, such as
// arm/v6 for arm/v7; who asks for a platform means that one.
func (b base) find(p v1.Platform) (v1.Image, error) {
	matcher := platforms.OnlyStrict(spec(p))
	for _, o := range b.offers {
		if matcher.Match(spec(o.platform)) {
			image, err := o.image()
			if err == nil {
				err = checkConfig(image)
			}
			return image, err
		}
	}
	return nil, nil
}

// checkConfig refuses a config that would take more memory than any image needs: it is read whole.
func checkConfig(image v1.Image) error {
	manifest, err := image.Manifest()
	if err != nil {
		return err
	}
	if size := manifest.Config.Size; size > registry.MaxConfig {
		return fmt.Errorf("its config has %d bytes; at most %d are read", size, registry.MaxConfig)
	}
	config, err := image.RawConfigFile()
	if err != nil {
		return err
	}
	return registry.CheckJSON(config)
}

// list says which platforms the base has.
func (b base) list() string {
	var words []string
	for _, o := range b.offers {
		words = append(words, o.platform.String())
	}
	return cmp.Or(strings.Join(words, ", "), "none")
}

// annotations name the base on what is made of it. The digest is the base's own: of its index on an index, of a
// platform's manifest on a manifest. https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md
func (b base) annotations(digest v1.Hash) map[string]string {
	return map[string]string{specs.AnnotationBaseImageName: b.reference.Name(),
		specs.AnnotationBaseImageDigest: digest.String()}
}

func spec(p v1.Platform) specs.Platform {
	return specs.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant, OSVersion: p.OSVersion,
		OSFeatures: p.OSFeatures}
}
