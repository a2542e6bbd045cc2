package assemble_test

import (
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	registrytest "github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

// Whatever is wrong is told for every platform and image, with its code, and the registry is not written to.
func TestBuild_pushes_nothing_while_something_is_wrong(t *testing.T) {
	type fault struct {
		Code                  finding.Code
		Architecture, Message string
	}
	missing := func(architecture, source, holds string) fault {
		return fault{finding.PlatformMissing, architecture,
			"Image registry/cart for linux/" + architecture + " can't be assembled: artifact \"" + source +
				"\" does not exist; \"dist\" contains " + holds + "."}
	}
	for _, test := range []struct {
		name  string
		files map[string]string // below the working directory
		base  []v1.Image
		edit  func(*build.Spec)
		want  []fault
	}{
		{name: "an_artifact_of_one_platform_is_missing",
			files: map[string]string{"dist/linux_amd64/cart": machine("amd64")},
			want:  []fault{missing("arm64", "dist/linux_arm64/cart", "linux_amd64")}},
		{name: "the_artifacts_of_all_platforms_are_missing",
			files: map[string]string{"dist/other": ""},
			want: []fault{missing("amd64", "dist/linux_amd64/cart", "other"), missing("arm64", "dist/linux_arm64/cart",
				"other")}},
		{name: "an_artifact_is_for_another_cpu",
			files: map[string]string{"dist/linux_amd64/cart": machine("amd64"), "dist/linux_arm64/cart": machine("amd64")},
			want: []fault{{finding.BinaryMismatch, "arm64",
				`Image registry/cart for linux/arm64 can't be assembled: artifact "dist/linux_arm64/cart" is a binary for amd64, which its nodes would fail to start with exec format error.`}}},
		{name: "a_folder_holds_binaries_for_other_cpus_alone",
			files: map[string]string{
				"dist/linux_amd64/cart": machine("amd64"), "dist/linux_arm64/cart": machine("arm64"),
				"plugins/one.so": machine("arm"), "plugins/two.so": machine("amd64"), "plugins/README": "text",
			},
			edit: func(s *build.Spec) {
				s.Assembly.Artifacts = append(s.Assembly.Artifacts, build.Artifact{Source: "plugins", Destination: "/plugins"})
			},
			want: []fault{{finding.BinaryMismatch, "arm64",
				`Image registry/cart for linux/arm64 can't be assembled: artifact "plugins" contains binaries for amd64, arm alone, such as "plugins/two.so", which its nodes would fail to start with exec format error.`}}},
		{name: "the_base_lacks_a_platform",
			files: map[string]string{"dist/linux_amd64/cart": machine("amd64"), "dist/linux_arm64/cart": machine("arm64")},
			base: []v1.Image{osBase(t, amd64, map[string]string{"/etc/os": ""}), osBase(t, armv7,
				map[string]string{"/etc/os": ""})},
			want: []fault{{finding.PlatformMissing, "arm64",
				`Image registry/cart for linux/arm64 can't be assembled: base image "HOST/os/base:1" lacks it; it has linux/amd64, linux/arm/v7.`}}},
		{name: "the_base_and_an_artifact_lack_platforms",
			files: map[string]string{"dist/linux_arm64/cart": machine("arm64")},
			base:  []v1.Image{osBase(t, amd64, map[string]string{"/etc/os": ""})},
			want: []fault{missing("amd64", "dist/linux_amd64/cart", "linux_arm64"), {finding.PlatformMissing, "arm64",
				`Image registry/cart for linux/arm64 can't be assembled: base image "HOST/os/base:1" lacks it; it has linux/amd64.`}}},
		{name: "two_artifacts_go_to_one_path",
			files: map[string]string{"dist/linux_amd64/cart": machine("amd64"), "dist/linux_arm64/cart": machine("arm64")},
			edit: func(s *build.Spec) {
				s.Platforms = s.Platforms[:1]
				s.Assembly.Artifacts = append(s.Assembly.Artifacts, s.Assembly.Artifacts[0])
			},
			want: []fault{{finding.PlatformMissing, "amd64",
				`Image registry/cart for linux/amd64 can't be assembled: file path "/app/cart": given twice.`}}},
		{name: "artifacts_hold_nothing",
			files: map[string]string{"dist/linux_amd64/": "", "dist/linux_arm64/cart": machine("arm64")},
			edit: func(s *build.Spec) {
				s.Assembly.Artifacts = []build.Artifact{{Source: "dist/linux_{arch}", Destination: "/"}}
			},
			want: []fault{{finding.PlatformMissing, "amd64",
				"Image registry/cart for linux/amd64 can't be assembled: there are no files to put into it."}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(folder(t, test.files))
			requests := &recorder{}
			registry := registrytest.Start(t, registrytest.Options{Wrap: requests.wrap})
			spec := cartFor(t, registry, "dist", amd64, arm64)
			if test.base != nil {
				spec.Assembly.Base = pushBase(t, registry, "os/base:1", test.base...)
			}
			if test.edit != nil {
				test.edit(&spec)
			}
			requests.start(nil)
			_, err := run(t, registry, spec)
			var got []fault
			for _, f := range faultOf(t, err).Findings {
				got = append(got, fault{f.Code, f.Architecture, withoutHost(f.Message, registry)})
				if f.Severity != finding.Error || f.Fix == "" || f.Image != spec.Reference.String() {
					t.Errorf("finding lacks its severity, its fix or its image: %+v", f)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			for _, method := range []string{"POST", "PUT", "PATCH"} {
				if sent := requests.matching(method); sent != nil {
					t.Errorf("the registry was written to: %q", sent)
				}
			}
		})
	}
}

// One image at fault contains up the others, which would be half a commit.
func TestBuild_tells_what_is_wrong_with_all_images(t *testing.T) {
	requests := &recorder{}
	registry := registrytest.Start(t, registrytest.Options{Wrap: requests.wrap})
	good := cartFor(t, registry, dist(t), amd64, arm64)
	bad, worse := good, good
	bad.Assembly.Base = must(name.ParseReference(registry.Host + "/os/nowhere:1"))(t)
	worse.Assembly.Artifacts = []build.Artifact{{Source: "missing", Destination: "/missing"}}
	_, err := run(t, registry, bad, good, worse)
	var got []finding.Code
	for _, f := range faultOf(t, err).Findings {
		got = append(got, f.Code)
	}
	want := []finding.Code{finding.ImageNotFound, finding.PlatformMissing, finding.PlatformMissing}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("codes (-want +got):\n%s\n%v", diff, err)
	}
	if sent := requests.matching("POST"); sent != nil {
		t.Errorf("the registry was written to: %q", sent)
	}
}

// An index that calls an amd64 image arm64: everything built on it would be as wrong.
func TestBuild_refuses_a_base_that_lies(t *testing.T) {
	registry := registrytest.Start(t, registrytest.Options{})
	ref := must(name.ParseReference(registry.Host + "/os/base:1"))(t)
	lying := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{
		Add: osBase(t, amd64, map[string]string{"/etc/os": ""}), Descriptor: v1.Descriptor{Platform: &arm64},
	})
	must(true, remote.WriteIndex(ref, lying))(t)
	spec := cartFor(t, registry, dist(t), arm64)
	spec.Assembly.Base = ref
	_, err := run(t, registry, spec)
	want := []finding.Finding{{
		Code: finding.PlatformMismatch, Severity: finding.Error, Image: spec.Reference.String(), Architecture: "arm64",
		Message: `Image registry/cart for linux/arm64 can't be assembled: base image "` + ref.String() +
			`" lists an image for it whose config names linux/amd64.`,
		Fix: "Take another base image: this one would start programs for another CPU.",
	}}
	if diff := cmp.Diff(want, faultOf(t, err).Findings); diff != "" {
		t.Error(diff)
	}
}

func TestBuild_refuses_what_is_no_file(t *testing.T) {
	out := t.TempDir()
	socket := must(net.Listen("unix", filepath.Join(out, "socket")))(t)
	defer socket.Close()
	registry := registrytest.Start(t, registrytest.Options{})
	spec := cartFor(t, registry, out, amd64)
	spec.Assembly.Artifacts = []build.Artifact{{Source: out, Destination: "/run"}}
	_, err := run(t, registry, spec)
	want := "building images: Image registry/cart for linux/amd64 can't be assembled: " +
		socket.Addr().String() + " is neither a file, a folder nor a symbolic link."
	if diff := cmp.Diff(want, faultOf(t, err).Error()); diff != "" {
		t.Error(diff)
	}
}

func faultOf(t *testing.T, err error) *build.Fault {
	t.Helper()
	var fault *build.Fault
	if !errors.As(err, &fault) {
		t.Fatalf("got error %v, want a *build.Fault", err)
	}
	return fault
}

func withoutHost(text string, registry *registrytest.Registry) string {
	return strings.ReplaceAll(text, registry.Host, "HOST")
}
