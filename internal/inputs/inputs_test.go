package inputs_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/catalogue"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/images"
)

const sha = "0123456789abcdef0123456789abcdef01234567"

var (
	amd64 = v1.Platform{OS: "linux", Architecture: "amd64"}
	arm64 = v1.Platform{OS: "linux", Architecture: "arm64"}
)

func parse(given map[string]string, needs inputs.Needs) (inputs.Config, error) {
	return inputs.Parse(func(name string) string { return given[name] }, needs)
}

func TestParse_defaults(t *testing.T) {
	config, err := parse(map[string]string{"images": "registry/app=ghcr.io/me/app", "wait": ""},
		inputs.Needs{Images: true, Source: build.Source{Revision: sha}})
	if err != nil {
		t.Fatal(err)
	}
	want := inputs.Config{
		PushAs: catalogue.PushIndex,
		Images: []images.Image{{Name: "registry/app", Reference: tag(t, "ghcr.io/me/app:"+sha),
			Platforms: []v1.Platform{amd64, arm64}}},
		Kustomization: ".",
		Provider:      "kubeconfig",
		Endpoint:      "auto",
		Azure:         inputs.Azure{Environment: "public"},
		Commit: inputs.Commit{
			How: "none", Message: "Deploy {tag} to {kustomization}", PullRequestBranch: "multiarch-deploy/{kustomization}",
		},
		KubeconfigExec:         "allow",
		ArchPolicy:             "fail",
		PlanFor:                "nodes",
		Platforms:              []v1.Platform{amd64, arm64},
		Wait:                   true,
		WaitTimeout:            10 * time.Minute,
		OnFailure:              "keep",
		OnInsufficientCapacity: "warn",
		FieldManager:           "multiarch-deploy",
	}
	if diff := cmp.Diff(want, config, cmp.AllowUnexported(name.Tag{}, name.Repository{}, name.Registry{})); diff != "" {
		t.Error(diff)
	}
}

func TestParse_images(t *testing.T) {
	given := map[string]string{
		"tag": "v1",
		"images": `
			# comments and empty lines are passed over

			registry/app-multi=127.0.0.1:5000/app-multi
			registry/app-amd64=127.0.0.1:5000/app-amd64 platforms=linux/amd64 tag=v2
			edge=ghcr.io/me/edge platforms=linux/arm/v7,linux/arm64`,
	}
	config, err := parse(given, inputs.Needs{Images: true})
	if err != nil {
		t.Fatal(err)
	}
	want := []images.Image{
		{Name: "registry/app-multi", Reference: tag(t, "127.0.0.1:5000/app-multi:v1"),
			Platforms: []v1.Platform{amd64, arm64}},
		{Name: "registry/app-amd64", Reference: tag(t, "127.0.0.1:5000/app-amd64:v2"), Platforms: []v1.Platform{amd64}},
		{Name: "edge", Reference: tag(t, "ghcr.io/me/edge:v1"),
			Platforms: []v1.Platform{{OS: "linux", Architecture: "arm", Variant: "v7"}, arm64}},
	}
	if diff := cmp.Diff(want, config.Images,
		cmp.AllowUnexported(name.Tag{}, name.Repository{}, name.Registry{})); diff != "" {
		t.Error(diff)
	}
}

func TestParse_reports_all_problems_together(t *testing.T) {
	given := map[string]string{
		"images": "app\nA=UPPER/Case\nb=ghcr.io/me/b color=red\nc=ghcr.io/me/c " +
			"tag=no/slash\nd=ghcr.io/me/d\nd=ghcr.io/me/d",
		"tag":               "v1",
		"platforms":         "linux/amd64,arm",
		"mode":              "guess",
		"arch-policy":       "hope",
		"wait":              "perhaps",
		"wait-timeout":      "soon",
		"on-failure":        "cry",
		"provider":          "eks",
		"registry-username": "me",
	}
	_, err := parse(given, inputs.Needs{Images: true})
	want := inputs.Problems{
		`provider: "eks" is not one of kubeconfig, aks, gke`,
		`arch-policy: "hope" is not one of fail, pin, spread, warn`,
		`wait: "perhaps" is neither true nor false`,
		`wait-timeout: "soon" is not a duration; write it as 90s, 10m or 1h`,
		`on-failure: "cry" is not one of keep, rollback`,
		`mode: "guess" is not one of verify, build, join`,
		`platforms: "arm" is not a platform such as linux/amd64 or linux/arm64`,
		`images, line 1: "app" is not NAME=REPOSITORY`,
		`images, line 2: "UPPER/Case" is not a repository such as ghcr.io/me/app: it has capitals, which no registry takes; write it in lower case: upper/case`,
		`images, line 3: unknown key "color"; known are platforms, tag, context, file, target, artifacts, base-image, sources`,
		`images, line 4: "no/slash" is not a tag: letters, digits, dots, dashes and underscores, at most 128`,
		`images, line 6: "d" is named twice`,
		`registry-username and registry-password go together; only one of them was given`,
	}
	if diff := cmp.Diff(error(want), err); diff != "" {
		t.Error(diff)
	}
}

func TestParse_lists_platforms_on_a_line_each(t *testing.T) {
	config, err := parse(map[string]string{"images": "app=me/app", "tag": "v1", "platforms": "linux/amd64\nlinux/arm64\n"},
		inputs.Needs{Images: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]v1.Platform{amd64, arm64}, config.Images[0].Platforms); diff != "" {
		t.Error(diff)
	}
	if got := config.Images[0].Repository(); got != "me/app" {
		t.Errorf("the repository became %q", got)
	}
}

func TestParse_needs(t *testing.T) {
	for _, test := range []struct {
		name  string
		given map[string]string
		needs inputs.Needs
		want  error
	}{
		{"no_images_where_none_are_needed", nil, inputs.Needs{}, nil},
		{"no_images_where_some_are_needed", nil, inputs.Needs{Images: true},
			inputs.Problems{"images: none given; write one per line, such as registry/app=ghcr.io/me/app"}},
		{"no_tag_known", map[string]string{"images": "app=ghcr.io/me/app"}, inputs.Needs{},
			inputs.Problems{"images, line 1: no tag is known for app: run inside a git checkout, set GITHUB_SHA, or give tag"}},
		{"tag_where_it_does_not_belong", map[string]string{"images": "app=ghcr.io/me/app:v1"}, inputs.Needs{},
			inputs.Problems{`images, line 1: "ghcr.io/me/app:v1" is not a repository such as ghcr.io/me/app: it contains a tag, which belongs into the input tag`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parse(test.given, test.needs)
			if diff := cmp.Diff(test.want, err, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func tag(t *testing.T, s string) name.Tag {
	t.Helper()
	ref, err := name.NewTag(s)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func TestParse_deploy(t *testing.T) {
	tests := []struct {
		name  string
		given map[string]string
		want  string
	}{
		{"prune_needs_a_watched_rollout", map[string]string{"prune": "true", "wait": "false"},
			"prune and wait: false exclude each other: what running pods still need must stay until the rollout was watched " +
				"and successful; " +
				"set wait: true, or leave prune out"},
		{"data_is_never_recreated", map[string]string{"recreate": "Job\nPersistentVolumeClaim"},
			"recreate: PersistentVolumeClaim is never deleted, since its data or contents would be lost; " +
				"remove it from the list"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := parse(test.given, inputs.Needs{})
			if diff := cmp.Diff(error(inputs.Problems{test.want}), err); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
