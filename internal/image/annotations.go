package image

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Base is the image that another one was built on, as its builder says. Fields that it does not set are empty.
// https://github.com/opencontainers/image-spec/blob/main/annotations.md
type Base struct {
	Name, Digest string
}

// baseOf believes the annotations of the index first, then those of a platform's manifest, then its config's labels.
func baseOf(top *remote.Descriptor, manifests []Manifest) Base {
	sources := []map[string]string{annotations(top)}
	for _, m := range manifests {
		sources = append(sources, m.Annotations, m.File.Config.Labels)
	}
	for _, from := range sources {
		base := Base{Name: from["org.opencontainers.image.base.name"], Digest: from["org.opencontainers.image.base.digest"]}
		if base != (Base{}) {
			return base
		}
	}
	return Base{}
}

// annotations are those of an index or a manifest alike.
func annotations(d *remote.Descriptor) map[string]string {
	var manifest struct{ Annotations map[string]string }
	if json.NewDecoder(bytes.NewReader(d.Manifest)).Decode(&manifest) != nil {
		return nil
	}
	return manifest.Annotations
}

// maxAttestations bounds how many are looked into; buildx writes one per platform.
const maxAttestations = 32

// attestations says of which kinds an index's attestations are: "provenance", "sbom", or the predicate's own type.
// They are reported and not judged, so one that can't be read counts as none.
// https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md
func (w walker) attestations(ctx context.Context, artifacts []v1.Descriptor) (kinds []string) {
	for _, entry := range artifacts[:min(len(artifacts), maxAttestations)] {
		if entry.Annotations["vnd.docker.reference.type"] != "attestation-manifest" {
			continue
		}
		d, err := w.client.registry.Manifest(ctx, w.repository.Digest(entry.Digest.String()))
		if err != nil {
			continue
		}
		manifest, err := v1.ParseManifest(bytes.NewReader(d.Manifest))
		if err != nil {
			continue
		}
		for _, layer := range manifest.Layers {
			kinds = union(kinds, predicate(layer.Annotations["in-toto.io/predicate-type"]))
		}
	}
	return kinds
}

// predicate gives the usual predicate types the names that builders have for them.
func predicate(uri string) []string {
	switch {
	case uri == "":
		return nil
	case strings.HasPrefix(uri, "https://slsa.dev/provenance/"):
		return []string{"provenance"}
	case strings.HasPrefix(uri, "https://spdx.dev/"), strings.HasPrefix(uri, "https://cyclonedx.org/"):
		return []string{"sbom"}
	}
	return []string{uri}
}

// union is sorted, each once.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
