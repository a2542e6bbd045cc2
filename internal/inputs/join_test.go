package inputs_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
)

func TestParse_push_as(t *testing.T) {
	for as, want := range map[string]struct {
		reference string
		byDigest  bool
	}{
		"platform": {"ghcr.io/shop/cart:V1-linux-armv7", false},
		"digest":   {"ghcr.io/shop/cart:V1", true},
	} {
		config, err := parse(map[string]string{
			"images": "shop/cart=ghcr.io/shop/cart platforms=linux/amd64,linux/arm/v7\nshop/web=ghcr.io/shop/web " +
				"platforms=linux/amd64", "tag": "V1", "push-as": as, "platforms": "linux/arm/v7", "mode": "build",
		}, inputs.Needs{Images: true, Build: true})
		if err != nil {
			t.Fatal(err)
		}
		image := config.Images[0]
		if len(config.Images) != 1 || len(image.Platforms) != 1 {
			t.Errorf("%s: images %+v; want that of the runner's platform, for that one", as, config.Images)
		}
		if image.Reference.String() != want.reference || image.Build.Reference.String() != want.reference ||
			image.Build.ByDigest != want.byDigest {
			t.Errorf("%s: %+v", as, image)
		}
	}
}

func TestParse_join(t *testing.T) {
	given := map[string]string{"mode": "join", "tag": "v1", "remove-parts": "true",
		"images": `shop/cart=ghcr.io/shop/cart
			shop/web=ghcr.io/shop/web sources=ghcr.io/parts/web-{arch}:{tag}
			shop/api=ghcr.io/shop/api platforms=linux/arm64 sources=sha256:` + digits + `,ghcr.io/shop/api:arm`}
	config, err := parse(given, inputs.Needs{Images: true, Source: build.Source{Revision: sha}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, image := range config.Images {
		for _, part := range image.Build.Parts {
			line := image.Reference.String() + " " + part.Platform.String()
			for _, ref := range part.References {
				line += " " + ref.String()
			}
			got = append(got, line)
		}
	}
	want := []string{
		"ghcr.io/shop/cart:v1 linux/amd64 ghcr.io/shop/cart:v1-linux-amd64",
		"ghcr.io/shop/cart:v1 linux/arm64 ghcr.io/shop/cart:v1-linux-arm64",
		"ghcr.io/shop/web:v1 linux/amd64 ghcr.io/parts/web-amd64:v1",
		"ghcr.io/shop/web:v1 linux/arm64 ghcr.io/parts/web-arm64:v1",
		"ghcr.io/shop/api:v1 linux/arm64 ghcr.io/shop/api@sha256:" + digits + " ghcr.io/shop/api:arm",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	if !config.Join || !config.Build || !config.RemoveParts || config.Assembles() {
		t.Errorf("%+v", config)
	}
}

const digits = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func TestParse_reports_what_does_not_go_with_native_builds(t *testing.T) {
	long := ""
	for range 12 {
		long += "0123456789"
	}
	tests := []struct {
		name  string
		given map[string]string
		build bool
		want  string
	}{
		{"two_platforms_as_one", map[string]string{"push-as": "platform"}, true,
			"platforms: push-as is for a job that builds one platform, and 2 are given; set platforms to the runner's own, " +
				"such as linux/arm64"},
		{"no_image_for_the_runner", map[string]string{"push-as": "platform", "platforms": "linux/arm64",
			"images": "a=ghcr.io/shop/a platforms=linux/amd64"}, true,
			"images: none has linux/arm64 among its platforms; drop this job, or correct the platforms of the images"},
		{"push_as_in_a_deploy", map[string]string{"push-as": "platform", "mode": "build", "platforms": "linux/arm64"}, false,
			"push-as: platform is for command build on a native runner, with mode build; drop it here"},
		{"a_tag_that_gets_too_long", map[string]string{"push-as": "platform", "platforms": "linux/arm64", "tag": long}, true,
			"images, line 1: the tag " + long + "-linux-arm64 is longer than the 128 characters that a tag may have; give a " +
				"shorter tag"},
		{"build_inputs_where_parts_are_joined", map[string]string{"mode": "join", "file": "Dockerfile"}, false,
			"file: is for the jobs that build, and mode is join; drop file here"},
		{"parts_are_kept", map[string]string{"remove-parts": "true"}, false,
			"remove-parts: only used with mode join; set mode to join, or drop it"},
		{"sources_of_nothing", map[string]string{"images": "a=ghcr.io/shop/a sources=ghcr.io/shop/b:v1"}, false,
			"images, line 1, sources: only used with mode join; set mode to join, or drop sources"},
		{"sources_in_another_registry", map[string]string{"mode": "join",
			"images": "a=ghcr.io/shop/a sources=quay.io/shop/a-{arch}:v1"}, false,
			"images, line 1, sources: quay.io/shop/a-amd64:v1 is in another registry than ghcr.io/shop/a:v1; push it to the " +
				"same one, since mode join moves no layers between registries"},
		{"sources_with_capitals", map[string]string{"mode": "join",
			"images": "a=ghcr.io/shop/a sources=ghcr.io/Shop/a:v1 platforms=linux/amd64"}, false,
			`images, line 1, sources: "ghcr.io/Shop/a:v1" is not an image reference, such as ghcr.io/me/app-{arch}:{tag}, nor a digest: ` +
				"it has capitals, which no registry takes; write it in lower case: ghcr.io/shop/a"},
		{"shared_sources", map[string]string{"mode": "join",
			"images": "a=ghcr.io/shop/a sources=ghcr.io/shop/x-{arch}:v1\nb=ghcr.io/shop/b sources=ghcr.io/shop/x-{arch}:v1"},
			false,
			`images, line 2: "b" takes ghcr.io/shop/x-amd64:v1, which "a" takes too; give each image its own`},
		{"a_shared_source_of_one_platform", map[string]string{"mode": "join",
			"images": "a=ghcr.io/shop/a sources=ghcr.io/shop/a-{arch}:v1\n" +
				"b=ghcr.io/shop/b sources=ghcr.io/shop/b-amd64:v1,ghcr.io/shop/a-arm64:v1"}, false,
			`images, line 2: "b" takes ghcr.io/shop/a-arm64:v1, which "a" takes too; give each image its own`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			given := map[string]string{"images": "a=ghcr.io/shop/a", "tag": "v1"}
			for name, value := range test.given {
				given[name] = value
			}
			_, err := parse(given, inputs.Needs{Images: true, Build: test.build})
			var problems inputs.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got error %v", err)
			}
			found := false
			for _, problem := range problems {
				found = found || problem == test.want
			}
			if !found {
				t.Errorf("got %q, want %q", problems, test.want)
			}
		})
	}
}
