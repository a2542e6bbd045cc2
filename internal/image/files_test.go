package image_test

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// binaryFor is the header of a program for a CPU, which is all that Linux looks at before it refuses one.
func binaryFor(architecture string) string {
	type machine struct {
		machine elf.Machine
		class   elf.Class
		data    elf.Data
	}
	m, ok := map[string]machine{
		"amd64": {elf.EM_X86_64, elf.ELFCLASS64, elf.ELFDATA2LSB}, "386": {elf.EM_386, elf.ELFCLASS32, elf.ELFDATA2LSB},
		"x32":   {elf.EM_X86_64, elf.ELFCLASS32, elf.ELFDATA2LSB},
		"arm64": {elf.EM_AARCH64, elf.ELFCLASS64, elf.ELFDATA2LSB}, "arm": {elf.EM_ARM, elf.ELFCLASS32, elf.ELFDATA2LSB},
		"s390x": {elf.EM_S390, elf.ELFCLASS64, elf.ELFDATA2MSB}, "riscv64": {elf.EM_RISCV, elf.ELFCLASS64, elf.ELFDATA2LSB},
		"ppc64le": {elf.EM_PPC64, elf.ELFCLASS64, elf.ELFDATA2LSB}, "ppc64": {elf.EM_PPC64, elf.ELFCLASS64, elf.ELFDATA2MSB},
		"sparc64": {elf.EM_SPARCV9, elf.ELFCLASS64, elf.ELFDATA2MSB},
	}[architecture]
	if !ok {
		panic("no machine " + architecture)
	}
	ident := [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(m.class), byte(m.data), byte(elf.EV_CURRENT)}
	var order binary.ByteOrder = binary.LittleEndian
	if m.data == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	var header any = elf.Header64{Ident: ident, Type: uint16(elf.ET_EXEC), Machine: uint16(m.machine), Version: 1}
	if m.class == elf.ELFCLASS32 {
		header = elf.Header32{Ident: ident, Type: uint16(elf.ET_EXEC), Machine: uint16(m.machine), Version: 1}
	}
	var content bytes.Buffer
	_ = binary.Write(&content, order, header) // a buffer takes everything
	return content.String()
}

// files are the entries of a layer, in turn a name and its content. Names that end in "/" are directories, contents
// that start with "-> " symbolic links and with "=> " hard ones.
type files []string

func archive(entries files) []byte {
	var content bytes.Buffer
	w := tar.NewWriter(&content)
	for i := 0; i < len(entries); i += 2 {
		h := tar.Header{Name: entries[i], Mode: 0o755, Typeflag: tar.TypeReg}
		body := entries[i+1]
		switch {
		case body == "dir":
			h.Typeflag, body = tar.TypeDir, ""
		case len(body) > 3 && body[:3] == "-> ":
			h.Typeflag, h.Linkname, body = tar.TypeSymlink, body[3:], ""
		case len(body) > 3 && body[:3] == "=> ":
			h.Typeflag, h.Linkname, body = tar.TypeLink, body[3:], ""
		}
		h.Size = int64(len(body))
		if err := w.WriteHeader(&h); err != nil {
			panic(err)
		}
		_, _ = w.Write([]byte(body)) // a buffer takes everything
	}
	_ = w.Close()
	return content.Bytes()
}

// packing is how a layer's archive is packed.
type packing func([]byte) ([]byte, types.MediaType)

func gzipped(content []byte) ([]byte, types.MediaType) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(content) // a buffer takes everything
	_ = w.Close()
	return packed.Bytes(), types.OCILayer
}

func zstded(content []byte) ([]byte, types.MediaType) {
	var packed bytes.Buffer
	w, err := zstd.NewWriter(&packed)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(content)
	_ = w.Close()
	return packed.Bytes(), types.OCILayerZStd
}

func unpacked(content []byte) ([]byte, types.MediaType) { return content, types.OCIUncompressedLayer }

// recipe is an image in a few words.
type recipe struct {
	platform v1.Platform
	layers   []files
	pack     packing // gzipped unless said otherwise
	start    []string
	config   v1.Config
}

// app is an image with one program, which it starts.
func app(p v1.Platform, binary string) recipe {
	return recipe{platform: p, layers: []files{{"app", binary}}, start: []string{"/app"}}
}

func (r recipe) image(t testing.TB) v1.Image {
	t.Helper()
	pack := r.pack
	if pack == nil {
		pack = gzipped
	}
	bare := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	img := bare
	var diffs []v1.Hash
	for _, entries := range r.layers {
		plain := archive(entries)
		content, mediaType := pack(plain)
		diff, _, err := v1.SHA256(bytes.NewReader(plain))
		if err != nil {
			t.Fatal(err)
		}
		diffs = append(diffs, diff)
		if img, err = mutate.Append(img, mutate.Addendum{Layer: static.NewLayer(content, mediaType),
			MediaType: mediaType}); err != nil {
			t.Fatal(err)
		}
	}
	return configured(t, img, r, diffs)
}

func configured(t testing.TB, img v1.Image, r recipe, diffs []v1.Hash) v1.Image {
	t.Helper()
	file, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Variant, file.OSVersion = r.platform.OS, r.platform.Architecture, r.platform.Variant,
		r.platform.OSVersion
	file.Config = r.config
	file.Config.Entrypoint = r.start
	file.RootFS.DiffIDs = diffs
	img, err = mutate.ConfigFile(img, file)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// as lists a recipe's image under a platform that need not be its own.
func (r recipe) as(t testing.TB, p v1.Platform) mutate.IndexAddendum {
	t.Helper()
	return entry(r.image(t), &p)
}
