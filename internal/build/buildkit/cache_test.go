//go:build engines

package buildkit_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
)

// A second BuildKit, which has built nothing, takes from the cache what the first one left there.
func TestBuild_takes_layers_from_a_cache(t *testing.T) {
	host := newRegistry(t)
	dir := folder(t, host, map[string]string{"Dockerfile": "FROM BASE\nRUN busybox date +%N >/now\n"})
	local := filepath.Join(t.TempDir(), "cache")
	for name, cache := range map[string]struct{ to, from build.Cache }{
		"registry": {
			build.Cache{Type: "registry", Parameters: map[string]string{"ref": host + "/cache:1", "mode": "max"}},
			build.Cache{Type: "registry", Parameters: map[string]string{"ref": host + "/cache:1"}},
		},
		"local": {
			build.Cache{Type: "local", Parameters: map[string]string{"dest": local}},
			build.Cache{Type: "local", Parameters: map[string]string{"src": local}},
		},
		"inline": {
			build.Cache{Type: "inline"},
			build.Cache{Type: "registry", Parameters: map[string]string{"ref": host + "/inline:1"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := spec(t, host, name, dir)
			s.Dockerfile.CacheTo = []build.Cache{cache.to}
			first, _ := builder(buildkit.Start(t))
			mustBuild(t, first, s)

			s.Dockerfile.CacheTo, s.Dockerfile.CacheFrom = nil, []build.Cache{cache.from}
			second, log := builder(buildkit.Start(t))
			mustBuild(t, second, s)
			if !strings.Contains(log.text(), "CACHED") || strings.Contains(log.text(), "RUN busybox date +%N >/now\n#9 DONE") {
				t.Errorf("the step was run again:\n%s", log.text())
			}
		})
	}
}
