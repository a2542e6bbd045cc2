//go:build peers

package peers_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/peers"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// verify verifies both platforms of images of several sizes, and 200 images at once, where crane pulls one platform.
func verify(t *testing.T) []peers.Row {
	host := diskRegistry(t)
	apps, err := sampleapp.Build(t.Context(), sampleapp.AKS(root), both...)
	must(t, err)
	var rows []peers.Row
	for _, megabytes := range []int{10, 100, 1000} {
		ref := fmt.Sprintf("%s/app:%d", host, megabytes)
		pushOnto(t, ref, apps, data(t, megabytes<<20, 0))
		rows = append(rows, verifyRow(t, fmt.Sprintf("verify an image of %d MB", megabytes), ref))
	}
	var many []string
	for i := range 200 {
		many = append(many, fmt.Sprintf("%s/many/app-%d:v1", host, i))
		pushOnto(t, many[i], apps, data(t, 1<<20, byte(i)))
	}
	return append(rows, verifyRow(t, "verify 200 images at once", many...))
}

// diskRegistry serves a registry for big images: blobs are in files. It returns its host.
func diskRegistry(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0)),
		registry.WithBlobHandler(registry.NewDiskBlobHandler(t.TempDir()))))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func verifyRow(t *testing.T, what string, refs ...string) peers.Row {
	t.Helper()
	ours, theirs := inTurns(t, *rounds,
		func(int) peers.Command {
			return peers.Command{Path: program(t, "multiarch-deploy"), Args: append([]string{"verify"}, refs...)}
		},
		func(int) peers.Command {
			args := append([]string{"pull", "--insecure", "--platform", "linux/amd64"}, refs...)
			return peers.Command{Path: program(t, "crane"), Args: append(args, "/dev/null")}
		})
	return peers.Row{What: what, Ours: ours, Theirs: theirs}
}

// data is a layer of noise, as a base image's files are after they were compressed.
func data(t *testing.T, size int, seed byte) v1.Layer {
	t.Helper()
	var packed bytes.Buffer
	zip, err := gzip.NewWriterLevel(&packed, gzip.NoCompression)
	must(t, err)
	archive := tar.NewWriter(zip)
	must(t, archive.WriteHeader(&tar.Header{Name: "data", Mode: 0o644, Size: int64(size), Typeflag: tar.TypeReg}))
	_, err = io.CopyN(archive, rand.NewChaCha8([32]byte{seed}), int64(size))
	must(t, err)
	must(t, archive.Close())
	must(t, zip.Close())
	return static.NewLayer(packed.Bytes(), types.OCILayer)
}

// pushOnto pushes an index of the apps, each on a layer that they share.
func pushOnto(t *testing.T, text string, apps []v1.Image, base v1.Layer) {
	t.Helper()
	ref, err := name.ParseReference(text)
	must(t, err)
	var images []v1.Image
	for _, app := range apps {
		layers, err := app.Layers()
		must(t, err)
		config, err := app.ConfigFile()
		must(t, err)
		config = config.DeepCopy()
		config.RootFS.DiffIDs, config.History = nil, nil
		bare, err := mutate.ConfigFile(mutate.MediaType(empty.Image, types.OCIManifestSchema1), config)
		must(t, err)
		image, err := mutate.AppendLayers(bare, append([]v1.Layer{base}, layers...)...)
		must(t, err)
		images = append(images, image)
	}
	must(t, sampleapp.PushIndex(t.Context(), ref, images))
}
