package image_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image/inspect"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/verify"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
)

// sidecar is an image whose own command is fine and that has, on arm64, tools for another CPU.
func sidecar(t *testing.T) v1.ImageIndex {
	t.Helper()
	of := func(p v1.Platform) recipe {
		r := app(p, binaryFor(p.Architecture))
		r.layers = append(r.layers, files{"tools/check", binaryFor("amd64"), "tools/ok", binaryFor(p.Architecture)})
		return r
	}
	return indexOf(of(amd64).as(t, amd64), of(arm64).as(t, arm64))
}

func TestInspect_of_uses_checks_what_the_pod_starts(t *testing.T) {
	host := newRegistry(t)
	ref := push(t, host+"/sidecar:1", sidecar(t))
	exec := func(what string, command ...string) inspect.Start {
		return inspect.Start{What: what, Exec: true, Override: launch.Override{Command: command}}
	}
	command := func(o launch.Override) []inspect.Start { return []inspect.Start{{Override: o}} }
	const says = "but /tools/check, which %s starts, is an ELF binary for amd64"
	tests := []struct {
		name   string
		starts []inspect.Start
		nodes  []v1.Platform
		find   []string
		words  string
	}{
		{"the_image_s_own", nil, nil, nil, ""},
		{"a_command", command(launch.Override{Command: []string{"/tools/check"}}), nil,
			[]string{"error binary-mismatch arm64"}, fmt.Sprintf(says, "it")},
		{"a_command_on_amd64_alone", command(launch.Override{Command: []string{"/tools/check"}}), []v1.Platform{amd64}, nil,
			""},
		{"arguments", command(launch.Override{Args: []string{"/tools/check"}}), nil, nil, ""},
		{"a_probe", []inspect.Start{{}, exec("its liveness probe", "/tools/check", "-q")}, nil,
			[]string{"error binary-mismatch arm64"}, fmt.Sprintf(says, "its liveness probe")},
		{"a_probe_that_is_fine", []inspect.Start{{}, exec("its readiness probe", "/tools/ok")}, nil, nil, ""},
		{"a_hook_that_is_not_there", []inspect.Start{{}, exec("its postStart hook", "/gone")}, nil,
			[]string{"info binary-unchecked amd64"},
			"Not checked: its postStart hook: /gone: no such file or directory."},
		{"a_variable", command(launch.Override{Command: []string{"$(DIR)/check"}, Env: []string{"DIR=/tools"}}), nil,
			[]string{"error binary-mismatch arm64"}, ""},
		{"a_variable_from_a_secret", command(launch.Override{Command: []string{"$(DIR)/check"}, Unknown: []string{"DIR"}}),
			nil,
			[]string{"info binary-unchecked amd64"}, "its command: what it starts depends on variables"},
	}
	client := options().client()
	img := client.Resolve(t.Context(), refs(ref))[0].Image
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			started := client.InspectUses(t.Context(), inspect.Use{Image: img, Starts: test.starts, Nodes: test.nodes})[0]
			if started.Err != nil {
				t.Fatal(started.Err)
			}
			findings := verify.Started(started, both(nil))
			if diff := cmp.Diff(test.find, brief(findings)); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			if len(findings) > 0 && !strings.Contains(findings[0].Message, test.words) {
				t.Errorf("got %s\nwant a part of it to be %s", findings[0].Message, test.words)
			}
		})
	}
}

// Each layer is read at most once in a run, whoever asks about it.
func TestInspect_of_uses_reads_no_layer_again(t *testing.T) {
	registry := newCounted(nil)
	host := serve(t, registry)
	client := options().client()
	img := client.Resolve(t.Context(), refs(push(t, host+"/sidecar:1", sidecar(t))))[0].Image
	for _, err := range client.Inspect(t.Context(), img) {
		if err != nil {
			t.Fatal(err)
		}
	}
	use := inspect.Use{Image: img, Starts: []inspect.Start{{Override: launch.Override{Command: []string{"/tools/ok"}}}}}
	for _, started := range client.InspectUses(t.Context(), use, use) {
		if findings := verify.Started(started, both(nil)); started.Err != nil || findings != nil {
			t.Errorf("got %v, %v", started.Err, brief(findings))
		}
	}
	for digest, n := range registry.blobs() {
		if n != 1 {
			t.Errorf("blob %s was fetched %d times", digest, n)
		}
	}
}

// What an image lacks for one platform is no reason to know nothing of the others.
func TestVerify_of_an_index_that_lacks_a_child(t *testing.T) {
	host := serve(t, newCounted(func(w http.ResponseWriter, r *http.Request, _ int) bool {
		gone := strings.HasSuffix(r.URL.Path, missingChild(t))
		if gone {
			w.WriteHeader(http.StatusNotFound)
		}
		return gone
	}))
	ref := push(t, host+"/cart:1", indexOf(app(amd64, binaryFor("amd64")).as(t, amd64), app(arm64,
		binaryFor("arm64")).as(t, arm64)))
	img := examine(t, options(), ref)[0]
	if diff := cmp.Diff([]v1.Platform{amd64}, img.Platforms()); diff != "" {
		t.Errorf("platforms (-want +got):\n%s", diff)
	}
	tests := []struct {
		name string
		want []v1.Platform
		find []string
	}{
		{"nobody_asked_for", []v1.Platform{amd64}, []string{"warning image-not-found arm64"}},
		{"asked_for", []v1.Platform{amd64, arm64}, []string{"error image-not-found arm64"}},
		{"asked_for_beside_one_that_was_never_there", []v1.Platform{arm64, armv7}, []string{"error platform-missing arm",
			"error image-not-found arm64"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			findings := verify.Image(img, test.want)
			if diff := cmp.Diff(test.find, brief(findings)); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			message := digest.ReplaceAllString(strings.ReplaceAll(findings[len(findings)-1].Message, host, "HOST"), "DIGEST")
			const want = "Image HOST/cart:1 is incomplete: its index lists linux/arm64 (DIGEST), which registry HOST does " +
				"not have. It has linux/amd64."
			if message != want {
				t.Errorf("got  %s\nwant %s", message, want)
			}
		})
	}
}

// missingChild is the digest of the image for arm64.
func missingChild(t *testing.T) string {
	t.Helper()
	return must(app(arm64, binaryFor("arm64")).image(t).Digest())(t).String()
}
