//go:build engines

package buildkit_test

import (
	"archive/tar"
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
)

// TestBuild builds with one real BuildKit, which the cases share.
func TestBuild(t *testing.T) {
	address, host := buildkit.Start(t), newRegistry(t)
	for name, test := range map[string]func(*testing.T, string, string){
		"each_platform_runs_on_its_own_CPU_or_under_emulation": platforms,
		"one_platform_is_an_index_too":                         onePlatform,
		"labels_annotations_and_time_are_in_the_image":         metadata,
		"arguments_target_and_file_are_used":                   dockerfile,
		"dockerignore_keeps_files_out":                         dockerignore,
		"a_context_is_fetched_from_its_address":                remoteContext,
		"secrets_reach_the_step_but_neither_log_nor_image":     secrets,
		"ssh_agents_are_reached":                               ssh,
		"attestations_are_those_asked_for":                     attestations,
		"images_build_side_by_side_and_speak_in_turn":          severalImages,
		"a_failing_image_does_not_stop_the_others":             oneFails,
	} {
		t.Run(name, func(t *testing.T) { test(t, address, host) })
	}
}

func platforms(t *testing.T, address, host string) {
	b, log := builder(address)
	index := mustBuild(t, b, spec(t, host, "cpu", folder(t, host, map[string]string{
		"Dockerfile": "FROM BASE\nRUN uname -m >/etc-cpu && busybox mkdir /out && cp /etc-cpu /out/cpu\n",
	})))
	for _, want := range []struct {
		platform v1.Platform
		cpu      string
	}{{amd64, "x86_64"}, {arm64, "aarch64"}} {
		if diff := cmp.Diff(map[string]string{"cpu": want.cpu}, files(t, child(t, index, want.platform), "out")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.platform, diff)
		}
	}
	for _, want := range []string{"START Build cpu for linux/amd64, linux/arm64\n", "[linux/arm64 2/2] RUN uname -m",
		"\nFINISH"} {
		if !strings.Contains(log.text(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log.text())
		}
	}
}

func onePlatform(t *testing.T, address, host string) {
	b, _ := builder(address)
	s := spec(t, host, "one", folder(t, host, map[string]string{"Dockerfile": "FROM scratch\nCOPY Dockerfile /\n"}))
	s.Platforms = []v1.Platform{arm64}
	s.Dockerfile.Provenance = "false"
	if diff := cmp.Diff([]string{"linux/arm64"}, offers(t, mustBuild(t, b, s))); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// offers are the platforms of an index's entries; an attestation is unknown/unknown.
func offers(t *testing.T, index v1.ImageIndex) []string {
	t.Helper()
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, entry := range manifest.Manifests {
		list = append(list, entry.Platform.String())
	}
	slices.Sort(list)
	return list
}

func metadata(t *testing.T, address, host string) {
	b, _ := builder(address)
	s := spec(t, host, "meta", folder(t, host, map[string]string{"Dockerfile": "FROM scratch\nLABEL team=none " +
		"tier=web\nCOPY Dockerfile /\n"}))
	s.Labels = map[string]string{"team": "shop"}
	s.Annotations = build.Annotations{Index: map[string]string{"org.opencontainers.image.title": "shop"},
		Manifest: map[string]string{"org.opencontainers.image.revision": "abc"}}
	s.Created = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	index := mustBuild(t, b, s)
	top, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	image := child(t, index, arm64)
	manifest, err := image.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	type facts struct {
		Index, Manifest, Labels map[string]string
		Created                 time.Time
	}
	want := facts{s.Annotations.Index, s.Annotations.Manifest, map[string]string{"team": "shop", "tier": "web"}, s.Created}
	if diff := cmp.Diff(want, facts{top.Annotations, manifest.Annotations, config.Config.Labels,
		config.Created.Time}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func dockerfile(t *testing.T, address, host string) {
	b, _ := builder(address)
	dir := folder(t, host, map[string]string{
		"app/name.txt": "cart",
		"deploy/app.Dockerfile": "FROM scratch AS wrong\nFROM BASE AS work\nARG VERSION\nRUN busybox mkdir /out && echo " +
			"$VERSION >/out/version\nCOPY name.txt /out/\nFROM wrong\n",
	})
	s := spec(t, host, "args", filepath.Join(dir, "app"))
	s.Dockerfile.File = filepath.Join(dir, "deploy", "app.Dockerfile")
	s.Dockerfile.Target = "work"
	s.Dockerfile.Args = map[string]string{"VERSION": "1.2.3"}
	want := map[string]string{"version": "1.2.3", "name.txt": "cart"}
	if diff := cmp.Diff(want, files(t, child(t, mustBuild(t, b, s), amd64), "out")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func dockerignore(t *testing.T, address, host string) {
	b, _ := builder(address)
	index := mustBuild(t, b, spec(t, host, "ignore", folder(t, host, map[string]string{
		"Dockerfile": "FROM scratch\nCOPY . /out/\n", ".dockerignore": "*\n!kept\n", "kept": "1", "left/out": "2",
	})))
	if diff := cmp.Diff(map[string]string{"kept": "1"}, files(t, child(t, index, amd64), "out")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func remoteContext(t *testing.T, address, host string) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := w.AddFS(os.DirFS(folder(t, host, map[string]string{"app/Dockerfile": "FROM scratch\nCOPY app/name /out/\n",
		"app/name": "cart"}))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_,
			_ = w.Write(archive.Bytes())
	}))
	defer server.Close()
	b, _ := builder(address)
	s := spec(t, host, "remote", server.URL+"/context.tar")
	s.Dockerfile.File = "app/Dockerfile"
	if diff := cmp.Diff(map[string]string{"name": "cart"}, files(t, child(t, mustBuild(t, b, s), amd64),
		"out")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func secrets(t *testing.T, address, host string) {
	b, log := builder(address)
	s := spec(t, host, "secret", folder(t, host, map[string]string{
		"Dockerfile": "FROM BASE\nRUN --mount=type=secret,id=token cat /run/secrets/token && grep -q ^first-h " +
			"/run/secrets/token && busybox mkdir /out && echo seen >/out/seen\n",
	}))
	s.Dockerfile.Secrets = map[string]string{"token": "first-hunter2\nsecond-line"}
	index := mustBuild(t, b, s)
	if diff := cmp.Diff(map[string]string{"seen": "seen"}, files(t, child(t, index, amd64), "out")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if strings.Contains(log.text(), "hunter2") || strings.Contains(log.text(), "second-line") ||
		!strings.Contains(log.text(), "***") {
		t.Errorf("the secret is not hidden in:\n%s", log.text())
	}
}

func ssh(t *testing.T, address, host string) {
	socket := filepath.Join(t.TempDir(), "agent")
	agent, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer agent.Close()
	b, _ := builder(address)
	s := spec(t, host, "ssh", folder(t, host, map[string]string{"Dockerfile": "FROM BASE\nRUN --mount=type=ssh test -S " +
		"$SSH_AUTH_SOCK\n"}))
	s.Dockerfile.SSH = map[string][]string{"default": {socket}}
	mustBuild(t, b, s)
}

func attestations(t *testing.T, address, host string) {
	pushScanner(t, host)
	const plain, attested = "linux/amd64 linux/arm64", "linux/amd64 linux/arm64 unknown/unknown unknown/unknown"
	for _, test := range []struct{ name, provenance, sbom, want, layers string }{
		{"usual", "", "", attested, "https://slsa.dev/provenance/v1"},
		{"none", "false", "false", plain, ""},
		{"sbom_alone", "false", "generator=" + host + "/scanner", attested, "https://spdx.dev/Document"},
		{"both", "mode=max", "generator=" + host + "/scanner", attested,
			"https://spdx.dev/Document https://slsa.dev/provenance/v1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, _ := builder(address)
			s := spec(t, host, "attested-"+test.name, folder(t, host,
				map[string]string{"Dockerfile": "FROM scratch\nCOPY Dockerfile /\n"}))
			s.Dockerfile.Provenance, s.Dockerfile.SBOM = test.provenance, test.sbom
			index := mustBuild(t, b, s)
			if diff := cmp.Diff(test.want, strings.Join(offers(t, index), " ")); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.layers, predicates(t, index)); diff != "" {
				t.Errorf("attestations of linux/amd64 (-want +got):\n%s", diff)
			}
		})
	}
}

// pushScanner pushes an SBOM generator: BuildKit runs it beside the image, and takes what it writes.
// https://github.com/moby/buildkit/blob/v0.30.0/docs/attestations/sbom-protocol.md
func pushScanner(t *testing.T, host string) {
	t.Helper()
	b, _ := builder(buildkit.Start(t))
	s := spec(t, host, "scanner", folder(t, host, map[string]string{"Dockerfile": `FROM BASE
ENTRYPOINT ["/bin/sh", "-c", "echo '{\"_type\":\"https://in-toto.io/Statement/v0.1\",\"predicateType\":\"https://spdx.dev/Document\",\"predicate\":{}}' > $BUILDKIT_SCAN_DESTINATION/sbom.spdx.json"]
`}))
	s.Reference = tag(t, host+"/scanner:latest")
	mustBuild(t, b, s)
}

// predicates are the kinds of the first attestation manifest's layers.
func predicates(t *testing.T, index v1.ImageIndex) string {
	t.Helper()
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range manifest.Manifests {
		if entry.Platform.Architecture != "unknown" {
			continue
		}
		image, err := index.Image(entry.Digest)
		if err != nil {
			t.Fatal(err)
		}
		attestation, err := image.Manifest()
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for _, layer := range attestation.Layers {
			kinds = append(kinds, layer.Annotations["in-toto.io/predicate-type"])
		}
		return strings.Join(kinds, " ")
	}
	return ""
}

func severalImages(t *testing.T, address, host string) {
	dir := folder(t, host, map[string]string{
		"Dockerfile": "FROM BASE AS slow\nCOPY big /\nRUN sleep 1\nFROM BASE AS fast\nCOPY big /\nRUN echo fast is done\n",
		"big":        strings.Repeat("x", 1<<20),
	})
	slow, fast := spec(t, host, "slow", dir), spec(t, host, "fast", dir)
	slow.Dockerfile.Target, fast.Dockerfile.Target = "slow", "fast"
	other := spec(t, host, "other", folder(t, host, map[string]string{"Dockerfile": "FROM scratch\nCOPY Dockerfile /\n"}))
	b, log := builder(address)
	digests, err := b.Build(t.Context(), []build.Spec{slow, fast, other})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range []build.Spec{slow, fast, other} {
		descriptor, err := remote.Head(s.Reference)
		if err != nil || descriptor.Digest != digests[i] {
			t.Errorf("%s holds %v (%v), but Build returned %s", s.Reference, descriptor, err, digests[i])
		}
	}
	var frame []string
	for _, line := range log.lines {
		if strings.HasPrefix(line, "START") || line == "FINISH" {
			frame = append(frame, line)
		}
	}
	want := []string{
		"START Build slow for linux/amd64, linux/arm64", "FINISH", "START Build fast for linux/amd64, linux/arm64", "FINISH",
		"START Build other for linux/amd64, linux/arm64", "FINISH",
	}
	if diff := cmp.Diff(want, frame); diff != "" {
		t.Errorf("log groups (-want +got):\n%s", diff)
	}
}

func oneFails(t *testing.T, address, host string) {
	bad := spec(t, host, "bad", folder(t, host, map[string]string{"Dockerfile": "FROM BASE\nRUN false\n"}))
	good := spec(t, host, "good", folder(t, host, map[string]string{"Dockerfile": "FROM BASE\nRUN sleep 1\n"}))
	b, _ := builder(address)
	_, err := b.Build(t.Context(), []build.Spec{bad, good})
	if failure := stepError(t, err); failure.Image != "bad" {
		t.Errorf("the error is about %s", failure.Image)
	}
	if !exists(t, good.Reference) || exists(t, bad.Reference) {
		t.Errorf("good is pushed: %t, bad is pushed: %t", exists(t, good.Reference), exists(t, bad.Reference))
	}
}

func exists(t *testing.T, ref name.Reference) bool {
	t.Helper()
	_, err := remote.Head(ref)
	return err == nil
}

// newRegistry serves a registry on loopback that contains REGISTRY/base, a busybox for both CPUs.
func newRegistry(t *testing.T) (host string) {
	t.Helper()
	host = registry.Start(t, registry.Options{}).Host
	buildkit.PushBusybox(t, tag(t, host+"/base:latest"))
	return host
}
