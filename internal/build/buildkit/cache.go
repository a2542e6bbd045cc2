package buildkit

import (
	"cmp"
	"fmt"
	"maps"
	"strconv"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/moby/buildkit/client"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// caches puts caches into BuildKit's words.
func (b *Builder) caches(list []build.Cache) []client.CacheOptionsEntry {
	var entries []client.CacheOptionsEntry
	for _, cache := range list {
		attrs := maps.Clone(cache.Parameters) // BuildKit's client writes into them
		if attrs == nil {
			attrs = map[string]string{}
		}
		if cache.Type == "gha" {
			b.runnerCache(attrs)
		}
		entries = append(entries, client.CacheOptionsEntry{Type: cache.Type, Attrs: attrs})
	}
	return entries
}

// runnerCache fills in how the runner's cache service is reached, as buildx does. A container action has these
// variables, and `run:` steps do not: https://docs.docker.com/build/cache/backends/gha/
func (b *Builder) runnerCache(attrs map[string]string) {
	if v2, _ := strconv.ParseBool(b.Getenv("ACTIONS_CACHE_SERVICE_V2")); v2 {
		setDefault(attrs, "version", "2")
		setDefault(attrs, "url_v2", b.Getenv("ACTIONS_RESULTS_URL"))
	}
	setDefault(attrs, "token", b.Getenv("ACTIONS_RUNTIME_TOKEN"))
	setDefault(attrs, "url", cmp.Or(b.Getenv("ACTIONS_CACHE_URL"), b.Getenv("ACTIONS_RESULTS_URL")))
}

func setDefault(attrs map[string]string, key, value string) {
	if attrs[key] == "" && value != "" {
		attrs[key] = value
	}
}

// stores opens the folders of local caches, by the names under which BuildKit asks for them.
func stores(d build.Dockerfile) (map[string]content.Store, error) {
	stores := map[string]content.Store{}
	folders := append(folders(d.CacheFrom, "src"), folders(d.CacheTo, "dest")...)
	for _, folder := range folders {
		store, err := local.NewStore(folder)
		if err != nil {
			return nil, fmt.Errorf("opening the local cache %q: %w", folder, err)
		}
		stores["local:"+folder] = store
	}
	return stores, nil
}

func folders(caches []build.Cache, parameter string) []string {
	var list []string
	for _, cache := range caches {
		if folder := cache.Parameters[parameter]; cache.Type == "local" && folder != "" {
			list = append(list, folder)
		}
	}
	return list
}
