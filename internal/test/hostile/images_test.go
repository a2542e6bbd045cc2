//go:build unix

package hostile

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/layer"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// image is one of an adversary's, for amd64.
type image struct {
	config v1.Config
	layers []v1.Layer
}

// repository serves images under tags from 0 on. It returns what a run is given to verify them.
func repository(t *testing.T, images []image) (references []string) {
	t.Helper()
	server := httptest.NewServer(ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	for i, image := range images {
		references = append(references, fmt.Sprintf("%s/app:%d", strings.TrimPrefix(server.URL, "http://"), i))
		made, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: "amd64", Config: image.config})
		if err == nil {
			made, err = mutate.AppendLayers(made, image.layers...)
		}
		var ref name.Reference
		if err == nil {
			ref, err = name.ParseReference(references[i])
		}
		if err == nil {
			err = sampleapp.PushIndex(t.Context(), ref, []v1.Image{made})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return references
}

// shell is a layer with a shell and more.
func shell(t *testing.T, more ...layer.Entry) []v1.Layer {
	t.Helper()
	return []v1.Layer{layer.Of(t, append([]layer.Entry{layer.File("bin/sh", 0o755, layer.ELF(layer.AMD64))}, more...)...)}
}

// Each of these ended the program without a report, or took minutes of CPU, or gigabytes.
func TestImage_that_costs_more_than_it_should(t *testing.T) {
	runs := func(args ...string) v1.Config { return v1.Config{Cmd: args} }
	layers := scripts(12)
	var scripted []image
	for _, l := range layers {
		scripted = append(scripted, image{runs("/none"), []v1.Layer{l}})
	}
	for _, test := range []struct {
		name   string
		images []image
		want   string
	}{
		{"command_of_150000_parentheses", []image{{runs("sh", "-c", strings.Repeat("(", 150_000)), shell(t)}},
			"argument list too long"},
		{"command_of_60000_parentheses", []image{{runs("sh", "-c", strings.Repeat("(", 60_000)), shell(t)}},
			"it nests too deep"},
		{"script_of_60000_parentheses", []image{{runs("/x"), shell(t, layer.File("x", 0o755,
			"#!/bin/sh\n"+strings.Repeat("(", 60_000)))}}, "it nests too deep"},
		{"path_of_half_a_million_components", []image{{runs("/app"), shell(t, layer.File(strings.Repeat("a/", 500_000)+"app",
			0o755, layer.ELF(layer.AMD64)))}}, "bytes of a path in a layer: at most 4095 are read"},
		{"link_onto_its_own_path", []image{{runs("/a"), shell(t, layer.Link("a", "a"+strings.Repeat("/a", 2000)))}},
			"too many levels of symbolic links"},
		{"PATH_of_20000_folders_over_127_layers", []image{longPath(t)}, "steps for the layers of one image"},
		{"scripts_in_12_layers", []image{{runs("/none"), layers}}, "/none"},
		{"scripts_in_12_images", scripted, "/none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := newJob(t)
			r, cost := j.measure(append([]string{"verify", "--platforms", "linux/amd64"}, repository(t, test.images)...)...)
			j.checkCost(t, r, cost, test.want)
		})
	}
}

// longPath is an image whose program is looked for in 20,000 folders, in each of 127 layers.
func longPath(t *testing.T) image {
	var path strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&path, ":/%d", i)
	}
	var layers []v1.Layer
	for i := range 127 {
		layers = append(layers, layer.Of(t, layer.File(fmt.Sprintf("etc/%d", i), 0o644, "")))
	}
	return image{v1.Config{Cmd: []string{"app"}, Env: []string{"PATH=" + path.String()}}, layers}
}

// scripts are layers of 250 MB of scripts each, which take little room on their way: the same packed script again and
// again.
func scripts(n int) []v1.Layer {
	var layers []v1.Layer
	pack := packer()
	for i := range n {
		script := fmt.Sprintf("#!/bin/sh\n# %d\n", i) + strings.Repeat("# text\n", 9000)
		body := pack(script + strings.Repeat("\x00", 512-len(script)%512))
		var content strings.Builder
		for file := range 4000 {
			var header strings.Builder
			_ = tar.NewWriter(&header).WriteHeader(&tar.Header{Name: fmt.Sprint(file), Mode: 0o755, Size: int64(len(script)),
				Typeflag: tar.TypeReg})
			content.WriteString(pack(header.String()) + body)
		}
		layers = append(layers, packedLayer(content.String()))
	}
	return layers
}

// packer returns a function that compresses a text.
func packer() func(string) string {
	w := gzip.NewWriter(io.Discard)
	return func(text string) string {
		var packed strings.Builder
		w.Reset(&packed)
		_, _ = io.WriteString(w, text)
		_ = w.Close()
		return packed.String()
	}
}

// packedLayer is a layer that is never unpacked here.
type packedLayer string

func (l packedLayer) Digest() (v1.Hash, error) {
	digest, _, err := v1.SHA256(strings.NewReader(string(l)))
	return digest, err
}
func (l packedLayer) DiffID() (v1.Hash, error) { return l.Digest() }
func (l packedLayer) Compressed() (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(string(l))), nil
}
func (l packedLayer) Uncompressed() (io.ReadCloser, error) { return nil, io.ErrUnexpectedEOF }
func (l packedLayer) Size() (int64, error)                 { return int64(len(l)), nil }
func (l packedLayer) MediaType() (types.MediaType, error)  { return types.OCILayer, nil }

// Manifests of 4 MB each travel as 4 kB.
func TestImages_of_600_packed_manifests(t *testing.T) {
	manifest := `{"schemaVersion":2,"mediaType":"` + string(types.OCIImageIndex) + `","manifests":[]}` +
		strings.Repeat(" ", 4<<20-200)
	packed := packer()(manifest)
	host := registry(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/" {
			return
		}
		w.Header().Set("Content-Type", string(types.OCIImageIndex))
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			_, _ = io.WriteString(w, manifest)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, packed)
	})
	args := []string{"verify"}
	for i := range 600 {
		args = append(args, fmt.Sprintf("%s/app:%d", host, i))
	}
	j := newJob(t)
	r, cost := j.measure(args...)
	j.checkCost(t, r, cost, "which is the most that is kept")
}

// bottomless serves an image whose layer has no end, and says when much of it was read.
func bottomless(t *testing.T) (host string, much <-chan struct{}) {
	t.Helper()
	config := `{"os":"linux","architecture":"amd64","config":{"Cmd":["/app"]},"rootfs":{"type":"layers","diff_ids":["` +
		"sha256:" + strings.Repeat("0", 64) + `"]}}`
	digest, size, err := v1.SHA256(strings.NewReader(config))
	if err != nil {
		t.Fatal(err)
	}
	manifest, _ := json.Marshal(v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1,
		Config: v1.Descriptor{MediaType: types.OCIConfigJSON, Size: size, Digest: digest},
		Layers: []v1.Descriptor{{MediaType: types.OCIUncompressedLayer, Size: 1 << 40,
			Digest: v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)}}}})
	read := make(chan struct{}, 1)
	return registry(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, "/manifests/"):
			w.Header().Set("Content-Type", string(types.OCIManifestSchema1))
			_, _ = w.Write(manifest)
		case strings.HasSuffix(r.URL.Path, digest.String()):
			_, _ = io.WriteString(w, config)
		case strings.Contains(r.URL.Path, "/blobs/"):
			archive := tar.NewWriter(w)
			for i := 0; r.Context().Err() == nil; i++ {
				_ = archive.WriteHeader(&tar.Header{Name: fmt.Sprint(i % 1000), Mode: 0o644, Typeflag: tar.TypeReg})
				if i == 100_000 {
					read <- struct{}{}
				}
			}
		}
	}), read
}

// cost is what a run took.
type cost struct {
	cpu    time.Duration
	memory int64 // MiB of the process that had most
}

func (j *job) measure(args ...string) (result, cost) {
	j.t.Helper()
	cmd, stdout, stderr := j.command(args...)
	if _ = cmd.Run(); cmd.ProcessState == nil {
		j.t.Fatal("the program did not start")
	}
	usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()},
		cost{cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), usage.Maxrss >> 10}
}

// checkCost expects a report, some words in it, and no more than a job can spare.
func (j *job) checkCost(t *testing.T, r result, cost cost, want string) {
	t.Helper()
	const mostCPU, mostMemory = time.Minute, 1000
	t.Logf("status %d, %s of CPU, %d MiB", r.status, cost.cpu, cost.memory)
	if r.status != 0 && r.status != 1 && r.status != 3 || cost.cpu > mostCPU || cost.memory > mostMemory ||
		!strings.Contains(r.log(), want) || !strings.Contains(read(t, j.workspace+"/multiarch-deploy-report.json"), want) {
		t.Errorf("status %d, %s of CPU, %d MiB; want %q\n%.5000s", r.status, cost.cpu, cost.memory, want, r.log())
	}
}
