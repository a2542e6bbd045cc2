// Package assemble makes images from files that are ready to run, with no builder and no daemon, and pushes them
// straight to a registry. The same files on the same base give the same digest, on every machine and every day.
package assemble

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// epoch is the time on everything assembled: a clock would change the digest from run to run.
var epoch = v1.Time{Time: time.Unix(0, 0).UTC()}

// Spec is what an image for one platform is made of.
type Spec struct {
	// Platform is written into the config, and into the index entry. OS and Architecture are required.
	Platform v1.Platform
	// Base is the image below; nil is scratch. Its layers stay as they are.
	Base v1.Image
	// Files make up the image's one layer of its own, in any order.
	Files []File
	// Config says how to start it, over what the base says: Entrypoint, which drops the base's Cmd, Cmd, User and
	// WorkingDir where they are set; Env, Labels and ExposedPorts are added.
	Config v1.Config
	// Annotations are those of the manifest. The base's are not taken over: they speak of the base.
	Annotations map[string]string
	// Created is the time the config names; zero is the Unix epoch.
	Created time.Time
}

// Image assembles an OCI image. It reads local files when the image is read, so they must stay until it is pushed.
func Image(spec Spec) (v1.Image, error) {
	if spec.Platform.OS == "" || spec.Platform.Architecture == "" {
		return nil, errors.New("assembling an image: its platform needs an operating system and an architecture, such as " +
			"linux/arm64")
	}
	image, err := assemble(spec)
	if err != nil {
		return nil, fmt.Errorf("assembling the image for %s: %w", spec.Platform, err)
	}
	return image, nil
}

func assemble(spec Spec) (v1.Image, error) {
	layers, below, err := readBase(spec.Base)
	if err != nil {
		return nil, err
	}
	own, err := layerOf(spec.Files, spec.Base == nil)
	if err != nil {
		return nil, err
	}
	layers = append(layers, mutate.Addendum{Layer: own})
	bare := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.Append(bare, layers...)
	if err != nil {
		return nil, err
	}
	image, err = configure(image, below, spec)
	if err != nil || len(spec.Annotations) == 0 {
		return image, err
	}
	return mutate.Annotations(image, spec.Annotations).(v1.Image), nil
}

// readBase returns the layers of a base in OCI's words, and its config.
func readBase(base v1.Image) ([]mutate.Addendum, *v1.ConfigFile, error) {
	if base == nil {
		return nil, &v1.ConfigFile{}, nil
	}
	config, err := base.ConfigFile()
	if err != nil {
		return nil, nil, fmt.Errorf("reading the base image's config: %w", err)
	}
	manifest, err := base.Manifest()
	if err != nil {
		return nil, nil, fmt.Errorf("reading the base image: %w", err)
	}
	layers, err := base.Layers()
	if err != nil {
		return nil, nil, fmt.Errorf("reading the base image's layers: %w", err)
	}
	var addenda []mutate.Addendum
	for i, layer := range layers {
		addenda = append(addenda, mutate.Addendum{Layer: layer, MediaType: ociType(manifest.Layers[i].MediaType)})
	}
	return addenda, config, nil
}

// ociType is the name that OCI has for a layer of a Docker image; the bytes are the same.
func ociType(t types.MediaType) types.MediaType {
	switch t {
	case types.DockerLayer:
		return types.OCILayer
	case types.DockerUncompressedLayer:
		return types.OCIUncompressedLayer
	}
	return t
}

func configure(image v1.Image, below *v1.ConfigFile, spec Spec) (v1.Image, error) {
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Variant = spec.Platform.OS, spec.Platform.Architecture, spec.Platform.Variant
	file.OSVersion, file.OSFeatures = spec.Platform.OSVersion, spec.Platform.OSFeatures
	file.Created = v1.Time{Time: cmp.Or(spec.Created, epoch.Time)}
	file.Config = over(below.Config, spec.Config)
	file.History = append(slices.Clone(below.History), v1.History{Created: file.Created, CreatedBy: "multiarch-deploy",
		Comment: "ready files"})
	return mutate.ConfigFile(image, file)
}

// over lays what an image says of its start over what its base says.
func over(base, own v1.Config) v1.Config {
	merged := *base.DeepCopy()
	if own.Entrypoint != nil {
		// The base's arguments were meant for the base's entrypoint.
		merged.Entrypoint, merged.Cmd = own.Entrypoint, nil
	}
	if own.Cmd != nil {
		merged.Cmd = own.Cmd
	}
	merged.User = cmp.Or(own.User, base.User)
	merged.WorkingDir = cmp.Or(own.WorkingDir, base.WorkingDir)
	merged.Env = environment(base.Env, own.Env)
	merged.Labels = union(base.Labels, own.Labels)
	merged.ExposedPorts = union(base.ExposedPorts, own.ExposedPorts)
	return merged
}

// environment lets a later KEY=value take the place of an earlier one, so that each key is there once.
func environment(base, own []string) []string {
	merged := slices.Clone(base)
	for _, entry := range own {
		key, _, _ := strings.Cut(entry, "=")
		same := func(other string) bool { return strings.HasPrefix(other, key+"=") }
		if i := slices.IndexFunc(merged, same); i >= 0 {
			merged[i] = entry
		} else {
			merged = append(merged, entry)
		}
	}
	return merged
}

// union is nil when there is nothing, as in an image that says nothing.
func union[V any](below, above map[string]V) map[string]V {
	if len(below) == 0 {
		return above
	}
	all := maps.Clone(below)
	maps.Copy(all, above)
	return all
}

// Index joins the images of several platforms into one OCI index, in the order of the platforms'
// names, so that the digest does not depend on which image was ready first. Each platform is read
// from its image's config; two images for one platform are an error, since nodes take the first and the other never
// runs.
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
