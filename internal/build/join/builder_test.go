package join_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	registrytest "github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

func TestBuild_joins_an_image_and_an_index_with_attestations(t *testing.T) {
	w := newWorld(t, registrytest.Options{Username: "shop", Password: "correct horse"})
	spec := w.spec("shop/cart:V1.0-RC", amd64, arm64) // capitals are fine in a tag
	plain, withProvenance := image(t, amd64, commit), attested(t, image(t, arm64, commit), arm64)
	w.push(spec.Parts[0].References[0], plain)
	w.push(spec.Parts[1].References[0], withProvenance)
	digests, err := w.build(spec)
	if err != nil {
		t.Fatal(err)
	}
	got := w.index(spec.Reference)
	if got == nil {
		t.Fatal("nothing is under the tag")
	}
	part, err := withProvenance.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	digest, err := plain.Digest()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{digest.String() + " linux/amd64", part.Manifests[0].Digest.String() + " linux/arm64",
		part.Manifests[1].Digest.String() + " unknown/unknown"}
	var entries []string
	for _, d := range got.Manifests {
		entries = append(entries, d.Digest.String()+" "+d.Platform.String())
	}
	if diff := cmp.Diff(want, entries); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(spec.Annotations.Index, got.Annotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	if got.Manifests[2].Annotations["vnd.docker.reference.digest"] != want[1][:71] {
		t.Errorf("the attestation is of %s", got.Manifests[2].Annotations["vnd.docker.reference.digest"])
	}
	again, err := w.newBuilder().Build(t.Context(), []build.Spec{spec})
	if err != nil || again[0] != digests[0] {
		t.Errorf("joined again it is %v, %v; want %s", again, err, digests[0])
	}
}

func TestBuild_tags_nothing_where_a_part_does_not_fit(t *testing.T) {
	tests := []struct {
		name string
		arm  func(*world, *build.Spec) // pushes the part for linux/arm64
		want string
	}{
		{"missing", func(*world, *build.Spec) {},
			"platform-missing: Image shop/cart can't be joined for linux/arm64: nothing was pushed for it: there is no " +
				"HOST/shop/cart:v1-linux-arm64.\n" +
				"Look at the job with command: build, platforms: linux/arm64 and push-as: platform: did it run, for this commit " +
				"and tag? Run it again, and then this job. No tag was changed.\n"},
		{"of_another_commit", func(w *world, s *build.Spec) { w.push(s.Parts[1].References[0], image(t, arm64, "0ld")) },
			"linux/arm64: HOST/shop/cart:v1-linux-arm64 is of commit 0ld, and this run of " + commit},
		{"of_another_commit_by_an_annotation", func(w *world, s *build.Spec) {
			w.push(s.Parts[1].References[0], attested(t, image(t, arm64, "0ld"), arm64))
		}, "is of commit 0ld"},
		{"of_the_wrong_cpu", func(w *world, s *build.Spec) { w.push(s.Parts[1].References[0], image(t, amd64, commit)) },
			"platform-mismatch: Image shop/cart can't be joined for linux/arm64: HOST/shop/cart:v1-linux-arm64 is for " +
				"linux/amd64."},
		{"an_index_without_the_platform", func(w *world, s *build.Spec) {
			w.push(s.Parts[1].References[0], attested(t, image(t, amd64, commit), amd64))
		}, "is for linux/amd64."},
		{"an_index_that_lies", func(w *world, s *build.Spec) {
			w.push(s.Parts[1].References[0], attested(t, image(t, amd64, commit), arm64))
		}, "is for linux/amd64."},
		{"the_same_image_for_both", func(w *world, s *build.Spec) {
			img := image(t, arm64, commit)
			v8 := v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}
			s.Platforms = append(s.Platforms, v8)
			s.Parts = append(s.Parts, build.Part{Platform: v8, References: s.Parts[1].References})
			w.push(s.Parts[1].References[0], img)
		}, "can't be joined for linux/arm64/v8: it leads to the same image as linux/arm64, sha256:"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, registrytest.Options{})
			good, bad := w.spec("shop/web:v1", amd64), w.spec("shop/cart:v1", amd64, arm64)
			w.push(good.Parts[0].References[0], image(t, amd64, commit))
			w.push(bad.Parts[0].References[0], image(t, amd64, commit))
			test.arm(w, &bad)
			_, err := w.build(good, bad)
			want := strings.ReplaceAll(test.want, "HOST", w.registry.Host)
			if got := fault(t, err); !strings.Contains(got, want) {
				t.Errorf("got %s\nwant %s", got, want)
			}
			if w.index(good.Reference) != nil || w.index(bad.Reference) != nil {
				t.Error("a tag was set")
			}
		})
	}
}

func TestBuild_reports_a_part_that_is_much_older(t *testing.T) {
	w := newWorld(t, registrytest.Options{})
	spec := w.spec("shop/cart:v1", amd64, arm64)
	spec.Annotations.Index = nil // no commit is known
	old := image(t, amd64, "")
	w.push(spec.Parts[0].References[0], old)
	w.push(spec.Parts[1].References[0], later(t, image(t, arm64, "")))
	if _, err := w.build(spec); !strings.Contains(fault(t, err),
		"names no commit, and was made at 2026-08-06T07:06:40Z, long before another part") {
		t.Errorf("error %v", err)
	}
}

func TestBuild_tags_nothing_that_its_check_refuses(t *testing.T) {
	w := newWorld(t, registrytest.Options{})
	spec := w.spec("shop/cart:v1", amd64)
	w.push(spec.Parts[0].References[0], image(t, amd64, commit))
	refused := errors.New("exec format error")
	w.builder.Check = func(_ context.Context, index name.Digest, _ []v1.Platform) error {
		if _, err := remote.Index(index); err != nil {
			t.Errorf("what is checked is not there: %v", err)
		}
		return refused
	}
	if _, err := w.build(spec); !errors.Is(err, refused) || w.index(spec.Reference) != nil {
		t.Errorf("error %v", err)
	}
}

func TestBuild_mounts_layers_of_other_repositories(t *testing.T) {
	w := newWorld(t, registrytest.Options{})
	spec := w.spec("shop/cart:v1", amd64, arm64)
	for i, p := range spec.Platforms {
		from := w.tag("parts/" + p.Architecture + ":v1")
		spec.Parts[i].References = []name.Reference{from}
		w.push(from, attested(t, image(t, p, commit), p))
	}
	w.requests = nil
	if _, err := w.build(spec); err != nil {
		t.Fatal(err)
	}
	index := w.index(spec.Reference)
	if index == nil || len(index.Manifests) != 4 {
		t.Fatalf("the index is %+v", index)
	}
	for _, d := range index.Manifests {
		img, err := remote.Image(spec.Reference.Context().Digest(d.Digest.String()))
		if err != nil {
			t.Fatal(err)
		}
		layers, err := img.Layers()
		if err != nil {
			t.Fatal(err)
		}
		for _, layer := range layers {
			if content, err := layer.Compressed(); err != nil {
				t.Errorf("a layer is missing: %v", err)
			} else {
				content.Close()
			}
		}
	}
	sent := slices.DeleteFunc(w.requests, func(r string) bool { return !strings.HasPrefix(r, "PATCH ") })
	if len(sent) > len(spec.Platforms)*2 { // the configs, which are read anyway
		t.Errorf("blobs were sent: %v", sent)
	}
}

func TestBuild_removes_parts_where_the_registry_allows_it(t *testing.T) {
	for _, allowed := range []bool{true, false} {
		t.Run(fmt.Sprint("allowed_", allowed), func(t *testing.T) {
			w := newWorld(t, registrytest.Options{Delete: allowed})
			w.builder.RemoveParts = true
			spec := w.spec("shop/cart:v1", amd64, arm64)
			w.push(spec.Parts[0].References[0], image(t, amd64, commit))
			w.push(spec.Parts[1].References[0], attested(t, image(t, arm64, commit), arm64))
			digests, err := w.build(spec)
			if err != nil {
				t.Fatal(err)
			}
			tags, err := remote.List(spec.Reference.Context())
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"v1"}
			if !allowed {
				want = []string{"v1", "v1-linux-amd64", "v1-linux-arm64"}
			}
			if diff := cmp.Diff(want, tags); diff != "" {
				t.Errorf("tags (-want +got):\n%s", diff)
			}
			if told := strings.Count(w.said, "; remove it in the registry's own settings"); (told == 0) != allowed {
				t.Errorf("said:\n%s", w.said)
			}
			for _, d := range w.index(spec.Reference).Manifests {
				if _, err := remote.Get(spec.Reference.Context().Digest(d.Digest.String())); err != nil {
					t.Errorf("the image lost a part: %v", err)
				}
			}
			// A deploy that is run again finds the parts in the image.
			again, err := w.newBuilder().Build(t.Context(), []build.Spec{spec})
			if err != nil || again[0] != digests[0] {
				t.Errorf("joined again it is %v, %v; want %s", again, err, digests[0])
			}
		})
	}
}

// What the first image's removal took away, the second one neither misses nor complains about.
func TestBuild_removes_parts_that_two_images_share_once(t *testing.T) {
	w := newWorld(t, registrytest.Options{Delete: true})
	w.builder.RemoveParts = true
	first, second := w.spec("shop/other:v1", amd64, arm64), w.spec("shop/cart:v1", amd64, arm64)
	first.Parts = second.Parts
	w.push(second.Parts[0].References[0], image(t, amd64, commit))
	w.push(second.Parts[1].References[0], image(t, arm64, commit))
	if _, err := w.build(first, second); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(w.said, " stays: ") {
		t.Errorf("said:\n%s", w.said)
	}
	for _, spec := range []build.Spec{first, second} {
		for _, d := range w.index(spec.Reference).Manifests {
			if _, err := remote.Get(spec.Reference.Context().Digest(d.Digest.String())); err != nil {
				t.Errorf("%s lost a part: %v", spec.Reference, err)
			}
		}
	}
}

// A part that is built again, for the same commit, takes the place of the earlier one.
func TestBuild_takes_a_part_that_was_built_again(t *testing.T) {
	w := newWorld(t, registrytest.Options{})
	spec := w.spec("shop/cart:v1", amd64, arm64)
	w.push(spec.Parts[0].References[0], image(t, amd64, commit))
	if _, err := w.build(spec); err == nil {
		t.Fatal("half an image was joined")
	}
	w.push(spec.Parts[1].References[0], image(t, arm64, commit))
	first, err := w.newBuilder().Build(t.Context(), []build.Spec{spec})
	if err != nil {
		t.Fatal(err)
	}
	w.push(spec.Parts[1].References[0], image(t, arm64, commit))
	second, err := w.newBuilder().Build(t.Context(), []build.Spec{spec})
	if err != nil || first[0] == second[0] {
		t.Errorf("got %v, then %v, %v", first, second, err)
	}
}
