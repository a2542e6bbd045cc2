package image

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// Inspection is what the layers of one platform's image hold.
type Inspection struct {
	// Programs are what a container would start, in order; the interpreters of scripts too.
	Programs []Program
	// Unchecked says what of it could not be followed, a clause each; see rootfs.Launch.
	Unchecked []string
	// Broken is why the layers could not be read to the end, or nil: a limit, a bad archive or a wrong digest.
	Broken error
}

// Program is one file that would be loaded.
type Program struct {
	Path string
	// Layer is the number of the layer that has the file, counted from 1, of Layers; Digest is that layer's.
	Layer, Layers int
	Digest        v1.Hash
	// Architecture is the GOARCH of an ELF binary, or "". Format says in words what the file is.
	Architecture, Format string
}

// Twins are platforms for different CPUs that share every layer, although a layer holds a binary for one of them.
type Twins struct {
	Platforms []v1.Platform
	Program   Program
}

func programOf(file rootfs.File, layers []v1.Descriptor) Program {
	return Program{
		Path: file.Path, Layer: file.Layer + 1, Layers: len(layers), Digest: layers[file.Layer].Digest,
		Architecture: rootfs.Architecture(file.Head), Format: rootfs.Format(file.Head),
	}
}

// commandOf is what a container of the image starts when its pod says nothing else.
func commandOf(config v1.Config) rootfs.Command {
	return rootfs.Command{
		Args: append(append([]string(nil), config.Entrypoint...), config.Cmd...),
		Env:  config.Env, Dir: config.WorkingDir,
	}
}
