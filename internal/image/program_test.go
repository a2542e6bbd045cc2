package image_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
)

// outcome is what a run of the program leaves behind.
type outcome struct {
	status int
	report struct {
		Error  string
		Images []struct {
			Name, Reference, Digest string
			Platforms, Attestations []string
			Base                    struct{ Name, Digest string }
			Manifests               []struct {
				Platform, Digest, Created string
				Size                      int64
			}
			Findings []finding.Finding
		}
	}
}

func run(t *testing.T, program string, environment []string, args ...string) (o outcome) {
	t.Helper()
	command := exec.Command(program, append([]string{"verify", "--output", "json"}, args...)...)
	command.Dir = t.TempDir()
	command.Env = append([]string{"HOME=" + command.Dir}, environment...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	o.status = command.ProcessState.ExitCode()
	if err := json.Unmarshal(stdout.Bytes(), &o.report); err != nil {
		t.Fatalf("%v in the report %s\n%s", err, &stdout, &stderr)
	}
	return o
}

func TestProgram(t *testing.T) {
	program := programs.Path(t)
	t.Run("finds_the_lies", func(t *testing.T) { findsTheLies(t, program) })
	t.Run("finds_the_lies_again_beside_a_cache", func(t *testing.T) { findsTheLiesAgain(t, program) })
	t.Run("reads_the_layers_of_a_digest_once", func(t *testing.T) { readsADigestOnce(t, program) })
	t.Run("exits_as_the_findings_say", func(t *testing.T) { exitsAsTheFindingsSay(t, program) })
	t.Run("reports_what_it_saw_of_an_image", func(t *testing.T) { reportsWhatItSaw(t, program) })
	t.Run("survives_a_command_of_a_hundred_thousand_parentheses", func(t *testing.T) { survivesParentheses(t, program) })
	t.Run("ends_when_interrupted", func(t *testing.T) { endsWhenInterrupted(t, program) })
	t.Run("names_a_dead_registry_once", func(t *testing.T) { namesADeadRegistryOnce(t, program) })
	t.Run("speaks_plain_http_through_a_proxy_where_asked", func(t *testing.T) { speaksPlainHTTP(t, program) })
}

// findsTheLies: the program is given every image of the table that is to have amd64 and arm64, at once.
func findsTheLies(t *testing.T, program string) {
	host := newRegistry(t)
	var args []string
	want, got := map[string][]string{}, map[string][]string{}
	for _, l := range append(honest(t), lying(t)...) {
		if l.want == nil {
			args = append(args, push(t, host+"/"+l.name+":1", l.push).String())
			want[l.name] = l.find
		}
	}
	o := run(t, program, nil, args...)
	for _, img := range o.report.Images {
		name := strings.TrimSuffix(strings.TrimPrefix(img.Reference, host+"/"), ":1")
		got[name] = brief(img.Findings)
	}
	if diff := cmp.Diff(want, got); diff != "" || o.status != 1 {
		t.Errorf("status %d, want 1; findings (-want +got):\n%s", o.status, diff)
	}
	if len(want) < 30 {
		t.Errorf("the table has %d images, want 30 or more", len(want))
	}
}

func exitsAsTheFindingsSay(t *testing.T, program string) {
	missing := app(amd64, binaryFor("amd64")).image(t)
	host := serve(t, newCounted(answerBlob(layerOf(t, missing), 404)))
	push(t, host+"/missing:1", missing)
	push(t, host+"/good:1", app(amd64, binaryFor("amd64")+"good").image(t))
	push(t, host+"/vague:1", recipe{platform: amd64}.image(t))
	child := app(amd64, binaryFor("amd64")+"child").image(t)
	push(t, host+"/pinned:1", indexOf(entry(child, &amd64)))
	for _, test := range []struct {
		reference string
		platforms string
		status    int
		find      []string
	}{
		{"good:1", "linux/amd64", 0, nil},
		{"vague:1", "linux/amd64", 0, []string{"info binary-unchecked amd64"}},
		{"pinned:1@" + must(child.Digest())(t).String(), "linux/amd64", 0, []string{"warning child-digest amd64"}},
		{"good:1", "linux/arm64", 1, []string{"error platform-missing arm64"}},
		{"missing:1", "linux/amd64", 1, []string{"error image-not-found "}},
		{"none:1", "linux/amd64", 1, []string{"error image-not-found "}},
	} {
		t.Run(test.reference+" "+test.platforms, func(t *testing.T) {
			o := run(t, program, nil, "--platforms", test.platforms, host+"/"+test.reference)
			if diff := cmp.Diff(test.find, brief(o.report.Images[0].Findings)); diff != "" || o.status != test.status {
				t.Errorf("status %d, want %d; findings (-want +got):\n%s", o.status, test.status, diff)
			}
		})
	}
}

func reportsWhatItSaw(t *testing.T, program string) {
	host := newRegistry(t)
	r := app(amd64, binaryFor("amd64"))
	r.config.Labels = map[string]string{"org.opencontainers.image.base.name": "scratch"}
	index := indexOf(r.as(t, amd64), attestation(t, "https://slsa.dev/provenance/v1", "https://spdx.dev/Document"))
	push(t, host+"/cart:1", index)
	o := run(t, program, nil, "--platforms", "linux/amd64", host+"/cart:1")
	got := o.report.Images[0]
	if got.Digest != must(index.Digest())(t).String() || got.Base.Name != "scratch" || len(got.Manifests) != 1 ||
		got.Manifests[0].Size != sizeOf(t, r.image(t)) {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]string{"provenance", "sbom"}, got.Attestations); diff != "" {
		t.Errorf("attestations (-want +got):\n%s", diff)
	}
}

// sizeOf is what a node pulls of an image.
func sizeOf(t *testing.T, img v1.Image) (size int64) {
	t.Helper()
	manifest := must(img.Manifest())(t)
	size = must(img.Size())(t) + manifest.Config.Size
	for _, layer := range manifest.Layers {
		size += layer.Size
	}
	return size
}

// survivesParentheses: the shell parser took a gigabyte of stack for such a command, which ended the program without a
// report.
func survivesParentheses(t *testing.T, program string) {
	host := newRegistry(t)
	for _, parentheses := range []int{150_000, 60_000} {
		r := recipe{platform: amd64, layers: []files{{"bin/sh", binaryFor("amd64")}}, start: []string{"/bin/sh", "-c",
			strings.Repeat("(", parentheses)}}
		push(t, host+"/cart:1", r.image(t))
		o := run(t, program, nil, "--platforms", "linux/amd64", host+"/cart:1")
		if diff := cmp.Diff([]string{"info binary-unchecked amd64"}, brief(o.report.Images[0].Findings)); diff != "" ||
			o.status != 0 {
			t.Errorf("status %d, want 0; findings (-want +got):\n%s", o.status, diff)
		}
	}
}

// endsWhenInterrupted: a layer that went on and on kept the program busy, and it then ended as if all were well.
func endsWhenInterrupted(t *testing.T, program string) {
	reading := make(chan struct{}, 1)
	layer := v1.Descriptor{MediaType: types.OCIUncompressedLayer, Size: 1 << 40,
		Digest: v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)}}
	host := serve(t, newCounted(func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if !strings.HasSuffix(r.URL.Path, layer.Digest.String()) {
			return false
		}
		reading <- struct{}{}
		archive := tar.NewWriter(w)
		for r.Context().Err() == nil && archive.WriteHeader(&tar.Header{Name: "a", Typeflag: tar.TypeReg}) == nil {
		}
		return true
	}))
	config := configured(t, imageFor(t, amd64), recipe{platform: amd64, start: []string{"/app"}}, nil)
	push(t, host+"/cart:0", config)
	manifest := *must(config.Manifest())(t)
	manifest.Layers = []v1.Descriptor{layer}
	push(t, host+"/cart:1", rawJSON(t, manifest.MediaType, manifest))

	command := exec.Command(program, "verify", "--platforms", "linux/amd64", host+"/cart:1")
	command.Env = []string{"HOME=" + t.TempDir()}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	<-reading
	began := time.Now()
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait() // its error is the status, which is looked at below
	if status, took := command.ProcessState.ExitCode(), time.Since(began); status != 130 || took > 3*time.Minute {
		t.Errorf("status %d after %s, want 130 at once", status, took)
	}
}

func namesADeadRegistryOnce(t *testing.T, program string) {
	host := refused(t)
	var args []string
	for i := range 20 {
		args = append(args, fmt.Sprintf("%s/image%d:1", host, i))
	}
	o := run(t, program, nil, args...)
	if n := strings.Count(o.report.Error, "cannot be reached"); o.status != 3 || n != 1 ||
		!strings.Contains(o.report.Error, host+"/image19:1") {
		t.Errorf("status %d, error %s; want 3, and one that names all images", o.status, o.report.Error)
	}
}

func speaksPlainHTTP(t *testing.T, program string) {
	host := newRegistry(t)
	push(t, host+"/cart:1", app(amd64, binaryFor("amd64")).image(t))
	environment := []string{"HTTP_PROXY=http://" + newProxy(t, host)}
	args := []string{"--platforms", "linux/amd64", "registry.lan/cart:1"}
	if o := run(t, program, environment, append(args, "--insecure-registries", "registry.lan")...); o.status != 0 {
		t.Errorf("asked for: status %d, want 0", o.status)
	}
	if o := run(t, program, environment, args...); o.status != 3 {
		t.Errorf("not asked for: status %d, want 3", o.status)
	}
}
