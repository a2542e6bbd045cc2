package buildkit

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

func TestCaches_are_told_how_to_reach_the_runner(t *testing.T) {
	for _, test := range []struct {
		name        string
		cache       build.Cache
		environment map[string]string
		want        client.CacheOptionsEntry
	}{
		{"first_version_of_the_service",
			build.Cache{Type: "gha"},
			map[string]string{"ACTIONS_CACHE_URL": "https://cache", "ACTIONS_RUNTIME_TOKEN": "t"},
			client.CacheOptionsEntry{Type: "gha", Attrs: map[string]string{"url": "https://cache", "token": "t"}}},
		{"second_version_of_the_service",
			build.Cache{Type: "gha", Parameters: map[string]string{"mode": "max"}},
			map[string]string{"ACTIONS_CACHE_SERVICE_V2": "True", "ACTIONS_RESULTS_URL": "https://results",
				"ACTIONS_RUNTIME_TOKEN": "t"},
			client.CacheOptionsEntry{Type: "gha", Attrs: map[string]string{
				"mode": "max", "version": "2", "url": "https://results", "url_v2": "https://results", "token": "t"}}},
		{"what_the_user_says_stands",
			build.Cache{Type: "gha", Parameters: map[string]string{"url": "https://mine", "token": "mine"}},
			map[string]string{"ACTIONS_CACHE_URL": "https://cache", "ACTIONS_RUNTIME_TOKEN": "t"},
			client.CacheOptionsEntry{Type: "gha", Attrs: map[string]string{"url": "https://mine", "token": "mine"}}},
		{"other_caches_are_not_told",
			build.Cache{Type: "registry", Parameters: map[string]string{"ref": "r"}},
			map[string]string{"ACTIONS_RUNTIME_TOKEN": "t"},
			client.CacheOptionsEntry{Type: "registry", Attrs: map[string]string{"ref": "r"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := &Builder{Getenv: func(name string) string { return test.environment[name] }}
			if diff := cmp.Diff([]client.CacheOptionsEntry{test.want}, b.caches([]build.Cache{test.cache})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
