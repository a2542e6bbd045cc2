package assemble_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	registrytest "github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

// placed is where a file went in the image; content is left out.
type placed struct {
	Name string
	Mode int64
	Link string
}

func TestBuild_puts_artifacts_where_they_belong(t *testing.T) {
	site := map[string]string{
		"site/index.html": "<h1>", "site/run.sh": "#!/bin/sh\n", "site/bin/tool": machine("amd64"),
		"site/bin/other": machine("arm64"),
		"site/current":   "-> index.html", "site/empty/": "", "dist/linux_armv7/cart": machine("arm"),
		"dist/linux_amd64/cart": machine("amd64"),
		"latest":                "-> site", "old/cart": machine("386"),
	}
	for _, test := range []struct {
		name     string
		platform v1.Platform
		artifact build.Artifact
		want     []placed
	}{
		{"a_file_under_the_name_given", amd64, build.Artifact{Source: "dist/{os}_{arch}{variant}/cart",
			Destination: "/app/run"},
			[]placed{{"app/", 0o755, ""}, {"app/run", 0o755, ""}}},
		{"a_file_into_a_folder", amd64, build.Artifact{Source: "dist/{os}_{arch}{variant}/cart", Destination: "/app/"},
			[]placed{{"app/", 0o755, ""}, {"app/cart", 0o755, ""}}},
		{"a_variant", armv7, build.Artifact{Source: "dist/{os}_{arch}{variant}/cart", Destination: "/"},
			[]placed{{"cart", 0o755, ""}}},
		{"a_386_binary_runs_on_amd64", amd64, build.Artifact{Source: "old/cart", Destination: "/cart"},
			[]placed{{"cart", 0o755, ""}}},
		{"a_mode_of_the_user_s", amd64, build.Artifact{Source: "site/index.html", Destination: "/index.html", Mode: 0o600},
			[]placed{{"index.html", 0o600, ""}}},
		{"a_folder_with_modes_by_content_and_binaries_for_several_cpus", amd64, build.Artifact{Source: "site",
			Destination: "/srv"},
			[]placed{{"srv/", 0o755, ""}, {"srv/bin/", 0o755, ""}, {"srv/bin/other", 0o755, ""}, {"srv/bin/tool", 0o755, ""},
				{"srv/current", 0o777, "index.html"}, {"srv/empty/", 0o755, ""}, {"srv/index.html", 0o644, ""}, {"srv/run.sh",
					0o755, ""}}},
		{"a_link_to_a_folder", amd64, build.Artifact{Source: "latest", Destination: "/", Mode: 0o700},
			[]placed{{"bin/", 0o755, ""}, {"bin/other", 0o700, ""}, {"bin/tool", 0o700, ""},
				{"current", 0o777, "index.html"}, {"empty/", 0o755, ""}, {"index.html", 0o700, ""}, {"run.sh", 0o700, ""}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := folder(t, site)
			registry := registrytest.Start(t, registrytest.Options{})
			spec := cartFor(t, registry, root, test.platform)
			test.artifact.Source = filepath.Join(root, test.artifact.Source)
			spec.Assembly.Artifacts = []build.Artifact{test.artifact}
			got := placement(t, images(t, mustRun(t, registry, spec))[0])
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A layer that made a folder of /bin would hide the base's shell, and one that named /tmp would change its mode.
func TestBuild_leaves_the_base_s_links_and_folders_alone(t *testing.T) {
	base := map[string]string{
		"/usr/bin/sh": "shell", "/bin": "-> usr/bin", "/usr/sbin": "-> bin", "/run/lock/x": "", "/var/run": "-> /run",
		"/lib/ld.so": "",
	}
	for _, test := range []struct{ destination, want string }{
		{"/bin/cart", "usr/bin/cart"},
		{"/usr/sbin/cart", "usr/bin/cart"},
		{"/var/run/cart/pid", "run/cart/pid"},
		{"/lib/cart.so", "lib/cart.so"},
		{"/lib64/cart.so", "lib64/cart.so"},
		{"/tmp/cart", "tmp/cart"},
		{"/binary", "binary"},
	} {
		t.Run(test.want, func(t *testing.T) {
			registry := registrytest.Start(t, registrytest.Options{})
			spec := cartFor(t, registry, dist(t), amd64)
			spec.Assembly.Artifacts[0].Destination = test.destination
			spec.Assembly.Base = pushBase(t, registry, "os/base:1", osBase(t, amd64, base))
			got := placement(t, images(t, mustRun(t, registry, spec))[0])
			if diff := cmp.Diff([]placed{{test.want, 0o755, ""}}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// placement lists the top layer.
func placement(t *testing.T, image v1.Image) (list []placed) {
	t.Helper()
	layers := must(image.Layers())(t)
	for _, header := range headers(t, layers[len(layers)-1]) {
		list = append(list, placed{header.Name, header.Mode, header.Linkname})
	}
	return list
}
