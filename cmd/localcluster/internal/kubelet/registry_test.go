package kubelet

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"io"
	"log"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// elf is the smallest file that Linux takes for a program: a header that names the CPU.
func elf(machine uint16) string {
	header := make([]byte, 64)
	copy(header, "\x7fELF\x02\x01\x01")
	binary.LittleEndian.PutUint16(header[16:], 2)
	binary.LittleEndian.PutUint16(header[18:], machine)
	return string(header)
}

// programs by GOARCH.
func program(arch string) string { return elf(map[string]uint16{"amd64": 0x3e, "arm64": 0xb7}[arch]) }

// imageFiles are the files of an image by path: a value that starts with "->" is a symbolic link.
type imageFiles map[string]string

func busybox(arch string) imageFiles {
	return imageFiles{
		"bin/busybox": program(arch), "bin/sh": "->busybox", "bin/sleep": "->busybox", "bin/true": "->busybox",
		"bin/uname": "->busybox",
	}
}

func with(files imageFiles, name, content string) imageFiles {
	files[name] = content
	return files
}

// build makes an image whose config claims to be for arch.
func build(t testing.TB, arch string, files imageFiles, entrypoint ...string) v1.Image {
	t.Helper()
	var content bytes.Buffer
	w := tar.NewWriter(&content)
	for path, text := range files {
		h := &tar.Header{Name: path, Mode: 0o755, Size: int64(len(text)), Typeflag: tar.TypeReg}
		if target, ok := strings.CutPrefix(text, "->"); ok {
			h.Typeflag, h.Linkname, h.Size, text = tar.TypeSymlink, target, 0, ""
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, text)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser,
		error) {
		return io.NopCloser(bytes.NewReader(content.Bytes())), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Config.Entrypoint = "linux", arch, entrypoint
	if img, err = mutate.ConfigFile(img, config); err != nil {
		t.Fatal(err)
	}
	return img
}

// index makes an index that claims the platforms, "linux/arm64" and the like.
func index(t testing.TB, images map[string]v1.Image) v1.ImageIndex {
	t.Helper()
	var index v1.ImageIndex = empty.Index
	for platform, img := range images {
		p, err := v1.ParsePlatform(platform)
		if err != nil {
			t.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: p}})
	}
	return index
}

// serveRegistry starts an empty registry and returns its address.
func serveRegistry(t testing.TB) string {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func push(t testing.TB, ref string, what remote.Taggable) {
	t.Helper()
	parsed, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	switch what := what.(type) {
	case v1.Image:
		err = remote.Write(parsed, what)
	case v1.ImageIndex:
		err = remote.WriteIndex(parsed, what)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// pushObserved fills a registry with images that are to the stand-in nodes what those of the observed cases were to
// the real ones. It returns the digest that case a3 pins.
func pushObserved(t testing.TB, address string) (armDigest string) {
	t.Helper()
	amd, arm := build(t, "amd64", busybox("amd64")), build(t, "arm64", busybox("arm64"))
	lie := build(t, "amd64", with(busybox("arm64"), "lie", "config says amd64"))
	entry := func(files imageFiles, script string) v1.Image {
		return build(t, "amd64", with(files, "app/entry.sh", script), "/app/entry.sh")
	}
	tool := func() imageFiles { return with(busybox("amd64"), "app/arm64-busybox", program("arm64")) }
	other := func(shell string) imageFiles {
		return imageFiles{"bin/" + shell: program("amd64"), "app/tool": program("arm64")}
	}
	const starts = "#!/bin/sh\necho \"entry starts on $(uname -m)\"\n"
	for ref, what := range map[string]remote.Taggable{
		"base:amd64":          amd,
		"base:arm64":          arm,
		"base:multi":          index(t, map[string]v1.Image{"linux/amd64": amd, "linux/arm64": arm}),
		"t/b-arm64only:1":     index(t, map[string]v1.Image{"linux/arm64": arm}),
		"t/c1-index:1":        index(t, map[string]v1.Image{"linux/amd64": arm}),
		"t/c2-index:1":        index(t, map[string]v1.Image{"linux/amd64": lie}),
		"t/e-script:raw":      build(t, "amd64", tool()),
		"t/e-script:1":        entry(tool(), starts+"exec /app/arm64-busybox true\n"),
		"t/e-script-noexec:1": entry(tool(), starts+"/app/arm64-busybox true\n"),
		"t/e-bash:1":          entry(other("bash"), "#!/bin/bash\necho entry starts\nexec /app/tool\n"),
		"t/e-dash:1":          entry(other("dash"), "#!/bin/dash\necho entry starts\nexec /app/tool\n"),
	} {
		push(t, address+"/"+ref, what)
	}
	digest, err := arm.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest.String()
}
