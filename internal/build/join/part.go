package join

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/containerd/platforms"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// part is the image for one platform, as a job has pushed it.
type part struct {
	platform v1.Platform
	source   name.Reference
	// manifest leads to the image, with its platform, and attestations to what its builder attests of it.
	manifest     v1.Descriptor
	attestations []v1.Descriptor
	// raw is the image's manifest as the registry has it.
	raw *remote.Descriptor
	// revision is the commit that it was built from, or ""; created is when, or zero.
	revision string
	created  time.Time
}

// part looks for one platform of an image at its references, in turn, and under the image's own tag at last: a job that
// is run again may find the parts joined, and removed.
func (b *Builder) part(ctx context.Context, spec build.Spec, wanted build.Part) (*part, *finding.Finding, error) {
	var offered []string
	for _, ref := range wanted.References {
		top, err := b.Registry.Get(ctx, ref)
		if err != nil {
			problem := b.Registry.Explain(ctx, ref.Context().RegistryStr(), err)
			if problem.Kind == registry.NotFound {
				continue
			}
			return nil, nil, fmt.Errorf("joining %s: reading %s: %w", spec.Name, ref, problem)
		}
		found, has, err := b.read(ctx, ref, top, wanted.Platform)
		if err != nil {
			return nil, nil, fmt.Errorf("joining %s: reading %s: %w", spec.Name, ref, err)
		}
		if found != nil {
			return found, nil, nil
		}
		offered = append(offered, has...)
	}
	if len(offered) > 0 {
		return nil, wrongPlatform(spec, wanted, offered), nil
	}
	if found := b.before(ctx, spec, wanted.Platform); found != nil {
		return found, nil, nil
	}
	return nil, missing(spec, wanted), nil
}

// before is the part as an earlier attempt has joined it, from the same commit.
func (b *Builder) before(ctx context.Context, spec build.Spec, platform v1.Platform) *part {
	top, err := b.Registry.Get(ctx, spec.Reference)
	if err != nil || spec.Revision() == "" {
		return nil // the part is missing, which the caller reports
	}
	found, _, err := b.read(ctx, spec.Reference, top, platform)
	if err != nil || found == nil || found.revision != spec.Revision() {
		return nil
	}
	return found
}

// read takes apart what is at a reference: one image, or the index that BuildKit makes of it and its attestations.
// found is nil where it has no image for the platform; has are the platforms that it has.
func (b *Builder) read(ctx context.Context, ref name.Reference, top *remote.Descriptor,
	wanted v1.Platform) (found *part, has []string, err error) {
	if !top.MediaType.IsIndex() {
		return b.readImage(ctx, ref, top, v1.Descriptor{MediaType: top.MediaType, Size: top.Size, Digest: top.Digest}, nil,
			wanted)
	}
	index, err := v1.ParseIndexManifest(bytes.NewReader(top.Manifest))
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range index.Manifests {
		if entry.Platform == nil || entry.Platform.OS == "unknown" {
			continue
		}
		if !same(*entry.Platform, wanted) {
			has = append(has, entry.Platform.String())
			continue
		}
		child, err := b.Registry.Get(ctx, ref.Context().Digest(entry.Digest.String()))
		if err != nil {
			return nil, nil, b.Registry.Explain(ctx, ref.Context().RegistryStr(), err)
		}
		found, other, err := b.readImage(ctx, ref, child, entry, index.Annotations, wanted)
		if found != nil {
			found.attestations = attestationsOf(index, entry.Digest)
		}
		return found, append(has, other...), err
	}
	return nil, has, nil
}

// attestationsOf are the entries of an index that attest something of one of its images.
// https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md
func attestationsOf(index *v1.IndexManifest, image v1.Hash) []v1.Descriptor {
	return slices.DeleteFunc(slices.Clone(index.Manifests), func(d v1.Descriptor) bool {
		return d.Annotations["vnd.docker.reference.digest"] != image.String()
	})
}

// readImage reads the config of an image, which says what it is for whatever an index says.
func (b *Builder) readImage(ctx context.Context, ref name.Reference, image *remote.Descriptor, entry v1.Descriptor,
	above map[string]string, wanted v1.Platform,
) (found *part, has []string, err error) {
	manifest, err := v1.ParseManifest(bytes.NewReader(image.Manifest))
	if err != nil {
		return nil, nil, err
	}
	content, err := b.Registry.Content(ctx, ref.Context(), manifest.Config)
	if err != nil {
		return nil, nil, b.Registry.Explain(ctx, ref.Context().RegistryStr(), err)
	}
	var config v1.ConfigFile
	if err := json.Unmarshal(content, &config); err != nil {
		return nil, nil, fmt.Errorf("its config: %w", err)
	}
	platform := config.Platform()
	if platform == nil || !same(*platform, wanted) {
		return nil, []string{platformName(platform)}, nil
	}
	if entry.Platform == nil {
		entry.Platform = platform
	}
	found = &part{platform: wanted, source: ref, manifest: entry, raw: image, created: config.Created.Time}
	for _, from := range []map[string]string{above, entry.Annotations, manifest.Annotations, config.Config.Labels} {
		if found.revision == "" {
			found.revision = from[build.RevisionKey]
		}
	}
	return found, nil, nil
}

func platformName(p *v1.Platform) string {
	if p == nil || p.Architecture == "" {
		return "no platform"
	}
	return p.String()
}

// same compares platforms as containerd does: linux/arm64 and linux/arm64/v8 are one.
func same(a, b v1.Platform) bool {
	normalise := func(p v1.Platform) platforms.Platform {
		return platforms.Normalize(platforms.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant})
	}
	x, y := normalise(a), normalise(b)
	return x.OS == y.OS && x.Architecture == y.Architecture && x.Variant == y.Variant
}

// missing names the job that should have pushed the part.
func missing(spec build.Spec, wanted build.Part) *finding.Finding {
	return fault(spec, wanted.Platform, finding.PlatformMissing, "nothing was pushed for it: there is "+
		"no "+among(wanted.References))
}

func wrongPlatform(spec build.Spec, wanted build.Part, has []string) *finding.Finding {
	return fault(spec, wanted.Platform, finding.PlatformMismatch, fmt.Sprintf("%s is for "+
		"%s", among(wanted.References), strings.Join(has, ", ")))
}

func among(references []name.Reference) string {
	var list []string
	for _, ref := range references {
		list = append(list, ref.String())
	}
	return strings.Join(list, " or ")
}

// fault is a finding about one platform of an image, which the job that builds the platform can mend.
func fault(spec build.Spec, platform v1.Platform, code finding.Code, why string) *finding.Finding {
	return &finding.Finding{
		Code: code, Severity: finding.Error, Image: spec.Reference.String(), Architecture: platform.Architecture,
		Message: fmt.Sprintf("Image %s can't be joined for %s: %s.", spec.Name, platform, why),
		Fix: fmt.Sprintf("Look at the job with command: build, platforms: %s and push-as: platform: did it run, for this "+
			"commit and tag? "+
			"Run it again, and then this job. No tag was changed.", platform),
	}
}
