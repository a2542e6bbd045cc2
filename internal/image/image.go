// Package image finds out what an image reference really leads to.
//
// Resolve reads manifests and configs: the digest of the index and the platforms behind it, as the registry has them
// now. Package inspect looks into the layers, as far as needed to see what each platform would start; package verify
// compares all that with what was asked for. The tests here follow references through all three.
package image

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Image is what a reference led to when it was resolved.
type Image struct {
	// Reference is what was resolved.
	Reference name.Reference
	// Digest is that of the index, or of the manifest where there is no index. It is the digest
	// to pin: a child's digest would send every node the binary of one platform.
	Digest v1.Hash
	// Index says whether Digest is an index. Nodes choose by platform from an index only;
	// a single manifest is pulled and started on any of them.
	Index bool
	// Manifests are the images behind the reference, in the order of the index; a nested index is flattened.
	Manifests []Manifest
	// Missing are the entries of the index that the registry lacks, beside at least one that it has.
	Missing []Missing
	// Skipped counts index entries that are no images: attestations, signatures and other artifacts.
	Skipped int
	// Attestations are the kinds that the index contains, such as "provenance" and "sbom".
	Attestations []string
	// Base is what it was built on, where the builder says so.
	Base Base
	// Parent is the index that should have been named: Reference is the digest of one platform's manifest, which
	// ParentTag's index contains. It is zero for all other references.
	Parent    v1.Hash
	ParentTag string
	// Twins are sets of platforms that share every layer, found by package inspect.
	Twins []Twins
}

// Missing is an entry of an index that leads to nothing.
type Missing struct {
	// Platform is what the index says; zero where it says nothing.
	Platform v1.Platform
	Digest   v1.Hash
	err      error
}

// Manifest is the image of one platform.
type Manifest struct {
	// Platform is what the index says, normalised; it is what a node chooses by. Where the index
	// says nothing, or there is none, it is the config's platform.
	Platform v1.Platform
	// Config is what the image's own config says, normalised; its Architecture is empty when the config names none.
	Config v1.Platform

	Digest    v1.Hash
	Size      int64 // of the manifest itself, in bytes
	MediaType types.MediaType
	// Bytes is what a node pulls: manifest, config and packed layers.
	Bytes       int64
	Annotations map[string]string
	// File is the config, Layers are the lowest first.
	File   *v1.ConfigFile
	Layers []v1.Descriptor
	// Inspection is what package inspect found in the layers; nil before.
	Inspection *Inspection
}

// Has reports whether a digest is that of the image, or of one of the manifests behind it.
func (i *Image) Has(digest string) bool {
	return digest == i.Digest.String() ||
		slices.ContainsFunc(i.Manifests, func(m Manifest) bool { return digest == m.Digest.String() })
}

// SameOn reports whether nodes of an architecture take the same from both: indexes of one image may differ in other
// platforms, annotations and attestations, and manifests in how their layers are packed.
func (i *Image) SameOn(architecture string, other *Image) bool {
	return slices.ContainsFunc(i.Manifests, func(m Manifest) bool {
		return m.Platform.Architecture == architecture && slices.ContainsFunc(other.Manifests, func(o Manifest) bool {
			return m.Digest == o.Digest || m.File != nil && reflect.DeepEqual(m.File, o.File)
		})
	})
}

// Platforms lists each platform that the image offers once, in the order of the index.
// A manifest that names no architecture offers none.
func (i *Image) Platforms() []v1.Platform {
	var list []v1.Platform
	for _, m := range i.Manifests {
		known := m.Platform.Architecture != ""
		if known && !slices.ContainsFunc(list, m.Platform.Equals) {
			list = append(list, m.Platform)
		}
	}
	return list
}

// ParseReference reads an image reference as docker writes it, such as "ghcr.io/shop/cart:1.2",
// "nginx" or "127.0.0.1:5000/cart@sha256:…". Registries on loopback are spoken to over plain HTTP if they
// know no TLS, all others only where Options.PlainHTTP names them.
func ParseReference(s string) (name.Reference, error) {
	ref, err := name.ParseReference(s)
	if err != nil {
		return nil, fmt.Errorf("image reference %q: %w; write it as REGISTRY/REPOSITORY:TAG or "+
			"REGISTRY/REPOSITORY@sha256:DIGEST, the repository in lower case, without https://", s, err)
	}
	return ref, nil
}

// Inspection is what the layers of one platform's image contain.
type Inspection struct {
	// Programs are what a container would start, in order; the interpreters of scripts too.
	Programs []Program
	// Unchecked lists what of it could not be followed, in clauses; see launch.Launch.
	Unchecked []string
	// Absent are the commands that the image does not have.
	Absent []Absent
	// Broken is why the layers could not be read to the end, or nil: a limit, a bad archive or a wrong digest.
	Broken error
	// Recalled: an earlier run found this, of the same digest, and no layer was read; see inspect.Options.
	Recalled bool
}

// Absent is a command that cannot be started, since the image has no such file, or none that can be executed.
type Absent struct {
	// Starter is as in Program.
	Starter string
	// Path is the command's first word, and Err why it cannot be started.
	Path string
	Err  error
}

// Program is one file that would be loaded.
type Program struct {
	Path string
	// Layer is the number of the layer that has the file, counted from 1, of Layers; Digest is that layer's.
	Layer, Layers int
	Digest        v1.Hash
	// Starter is what starts it, as in "its liveness probe"; "" is the container's command.
	Starter string
	// Architecture is the GOARCH of an ELF binary, or "". Format says in words what the file is.
	Architecture, Format string
}

// Twins are platforms for different CPUs that share every layer, although a layer contains a binary for one of them.
type Twins struct {
	Platforms []v1.Platform
	Program   Program
}
