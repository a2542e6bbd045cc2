package inputs_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
)

var names = cmp.AllowUnexported(name.Tag{}, name.Repository{}, name.Registry{})

func TestParse_assembly(t *testing.T) {
	given := map[string]string{
		"mode": "build", "builder": "assemble",
		"images": `shop/cart=ghcr.io/shop/cart
			shop/site=ghcr.io/shop/site base-image=scratch platforms=linux/amd64 artifacts=site:/srv,dist/tool:/bin/tool:0700`,
		"artifacts":   "# the binary\ndist/{os}_{arch}{variant}/cart:/app/cart\n\nLICENSE",
		"base-image":  "gcr.io/distroless/static:nonroot",
		"entrypoint":  "/app/cart serve",
		"env":         "PORT=8080\nMODE=a=b",
		"workdir":     "/app",
		"user":        "65532:65532",
		"labels":      "team=shop\norg.opencontainers.image.url=https://shop.example",
		"annotations": "a=1\nindex:b=2\nmanifest:c=3\nindex,manifest:d=4\ne=x:y",
	}
	source := build.Source{Repository: "https://github.com/shop/cart", Revision: sha, RefName: "main",
		Created: time.Unix(1e9, 0)}
	config, err := parse(given, inputs.Needs{Images: true, Source: source})
	if err != nil {
		t.Fatal(err)
	}
	known := func(extra ...string) map[string]string {
		all := map[string]string{
			"org.opencontainers.image.source":   "https://github.com/shop/cart",
			"org.opencontainers.image.url":      "https://github.com/shop/cart",
			"org.opencontainers.image.revision": sha,
			"org.opencontainers.image.version":  "main",
			"org.opencontainers.image.created":  "2001-09-09T01:46:40Z",
		}
		for i := 0; i < len(extra); i += 2 {
			all[extra[i]] = extra[i+1]
		}
		return all
	}
	cart := build.Spec{
		Name:      "shop/cart",
		Reference: tag(t, "ghcr.io/shop/cart:"+sha),
		Platforms: []v1.Platform{amd64, arm64},
		Labels:    known("team", "shop", "org.opencontainers.image.url", "https://shop.example"),
		Annotations: build.Annotations{
			Index:    known("a", "1", "b", "2", "d", "4", "e", "x:y"),
			Manifest: known("a", "1", "c", "3", "d", "4", "e", "x:y"),
		},
		Created: source.Created,
		Assembly: build.Assembly{
			Artifacts: []build.Artifact{
				{Source: "dist/{os}_{arch}{variant}/cart", Destination: "/app/cart"},
				{Source: "LICENSE", Destination: "/"},
			},
			Base:       tag(t, "gcr.io/distroless/static:nonroot"),
			Entrypoint: []string{"/app/cart", "serve"},
			Env:        []string{"MODE=a=b", "PORT=8080"},
			WorkingDir: "/app",
			User:       "65532:65532",
		},
	}
	site := cart
	site.Name, site.Reference, site.Platforms = "shop/site", tag(t, "ghcr.io/shop/site:"+sha), []v1.Platform{amd64}
	site.Assembly.Base = nil
	site.Assembly.Artifacts = []build.Artifact{{Source: "site", Destination: "/srv"},
		{Source: "dist/tool", Destination: "/bin/tool", Mode: 0o700}}
	if diff := cmp.Diff([]build.Spec{cart, site}, []build.Spec{config.Images[0].Build, config.Images[1].Build},
		names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !config.Build || !config.Assembles() {
		t.Error("the config does not say that images are assembled")
	}
}

func TestParse_entrypoint(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"the_base_s", "", nil},
		{"words", " /app/cart  serve ", []string{"/app/cart", "serve"}},
		{"a_list", `["/bin/sh", "-c", "exec cart"]`, []string{"/bin/sh", "-c", "exec cart"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			config, err := parse(map[string]string{
				"mode": "build", "builder": "assemble", "images": "cart=ghcr.io/shop/cart", "tag": "v1", "artifacts": "cart:/app/",
				"entrypoint": test.text,
			}, inputs.Needs{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, config.Images[0].Build.Assembly.Entrypoint); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParse_dockerfile(t *testing.T) {
	given := map[string]string{
		"mode": "build",
		"builder": `tcp://amd64.example:1234 platforms=linux/amd64 cacert=ca.pem cert=cert.pem key=key.pem servername=builder
			docker-container://arm platforms=linux/arm64,linux/arm/v7
			unix:///run/buildkit.sock`,
		"images": "shop/cart=ghcr.io/shop/cart context=cart file=cart/prod.Dockerfile " +
			"target=final\nshop/site=ghcr.io/shop/site platforms=linux/s390x",
		"tag":        "v1",
		"build-args": "VERSION=1\nFLAGS=-a -b",
		"secrets":    "token=t0ken\n\"key=-----BEGIN\nsays \"\"hello\"\"\n-----END\"\nlast=#1",
		"ssh":        "default\ndeploy=/a,/b",
		"cache-from": "type=gha,scope=cart\nghcr.io/shop/cache",
		"cache-to":   "type=local,\"dest=a,b\"",
		"provenance": "mode=max", "sbom": "true",
	}
	config, err := parse(given, inputs.Needs{Images: true})
	if err != nil {
		t.Fatal(err)
	}
	cart := build.Dockerfile{
		Context: "cart", File: "cart/prod.Dockerfile", Target: "final",
		Args:    map[string]string{"VERSION": "1", "FLAGS": "-a -b"},
		Secrets: map[string]string{"token": "t0ken", "key": "-----BEGIN\nsays \"hello\"\n-----END", "last": "#1"},
		SSH:     map[string][]string{"default": nil, "deploy": {"/a", "/b"}},
		CacheFrom: []build.Cache{{Type: "gha", Parameters: map[string]string{"scope": "cart"}},
			{Type: "registry", Parameters: map[string]string{"ref": "ghcr.io/shop/cache"}}},
		CacheTo:    []build.Cache{{Type: "local", Parameters: map[string]string{"dest": "a,b"}}},
		Provenance: "mode=max", SBOM: "true",
	}
	site := cart
	site.Context, site.File, site.Target = ".", "", ""
	if diff := cmp.Diff([]build.Dockerfile{cart, site},
		[]build.Dockerfile{config.Images[0].Build.Dockerfile, config.Images[1].Build.Dockerfile}); diff != "" {
		t.Errorf("Dockerfiles (-want +got):\n%s", diff)
	}
	endpoints := []build.Endpoint{
		{Address: "tcp://amd64.example:1234", Platforms: []v1.Platform{amd64}, CACert: "ca.pem", Cert: "cert.pem",
			Key: "key.pem", ServerName: "builder"},
		{Address: "docker-container://arm", Platforms: []v1.Platform{arm64,
			{OS: "linux", Architecture: "arm", Variant: "v7"}}},
		{Address: "unix:///run/buildkit.sock"},
	}
	if diff := cmp.Diff(endpoints, config.Endpoints); diff != "" {
		t.Errorf("endpoints (-want +got):\n%s", diff)
	}
	secrets := []string{"", "", "t0ken", "-----BEGIN\nsays \"hello\"\n-----END", "#1"}
	if diff := cmp.Diff(secrets, inputs.Secrets(func(name string) string { return given[name] })); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
}

func TestParse_what_can_t_be_built(t *testing.T) {
	const (
		cart = "cart=ghcr.io/shop/cart"
		file = "dist/{os}_{arch}/cart:/app/cart"
	)
	for _, test := range []struct {
		name  string
		given map[string]string
		needs inputs.Needs
		want  inputs.Problems
	}{
		{"build_inputs_with_mode_verify", map[string]string{"images": cart + " target=final", "builder": "assemble",
			"artifacts": file, "labels": "a=b"}, inputs.Needs{},
			inputs.Problems{
				"builder: only used with mode build, and mode is verify; set mode to build, or drop builder",
				"images, line 1, target: only used with mode build, and mode is verify; set mode to build, or drop target",
				"artifacts: only used with mode build, and mode is verify; set mode to build, or drop artifacts",
				"labels: only used with mode build, and mode is verify; set mode to build, or drop labels",
			}},
		{"the_command_build_builds_whatever_the_mode",
			map[string]string{"images": cart, "builder": "assemble", "artifacts": file, "mode": "verify"},
			inputs.Needs{Build: true}, nil},
		{"assemble_without_artifacts", map[string]string{"mode": "build", "images": cart, "builder": "assemble"},
			inputs.Needs{},
			inputs.Problems{"images, line 1: builder assemble needs artifacts, such as dist/{os}_{arch}{variant}/app:/app/app"}},
		{"artifacts_without_assemble", map[string]string{"mode": "build", "images": cart + " artifacts=a:/a",
			"workdir": "/app"}, inputs.Needs{},
			inputs.Problems{
				`images, line 1, artifacts: only used by builder assemble, and builder is "auto"; set builder to assemble, or drop artifacts`,
				`workdir: only used by builder assemble, and builder is "auto"; set builder to assemble, or drop workdir`,
			}},
		{"a_dockerfile_with_assemble", map[string]string{"mode": "build", "images": cart, "builder": "assemble",
			"artifacts": file, "file": "Dockerfile", "sbom": "true"}, inputs.Needs{},
			inputs.Problems{
				"file: is for a Dockerfile, and builder assemble uses none; drop it, or choose another builder",
				"sbom: is for a Dockerfile, and builder assemble uses none; drop it, or choose another builder",
			}},
		{"assemble_for_windows", map[string]string{"mode": "build", "images": cart, "builder": "assemble", "artifacts": file,
			"platforms": "windows/amd64"}, inputs.Needs{},
			inputs.Problems{"platforms: builder assemble makes images for linux, not for windows/amd64"}},
		{"artifacts_that_make_no_sense", map[string]string{"mode": "build", "images": cart, "builder": "assemble",
			"artifacts": "a:b:0755\na:/b:rwx\na:/b:0644:x\n:/b\nbin/{platform}:/b\n"}, inputs.Needs{},
			inputs.Problems{
				`artifacts: "a" goes to "b", which is not an absolute path`,
				`artifacts: "rwx" is not a mode such as 0755 or 0644`,
				`artifacts: "a:/b:0644:x" is not SOURCE:DESTINATION[:MODE], such as dist/{os}_{arch}/app:/app/app`,
				`artifacts: ":/b" is not SOURCE:DESTINATION[:MODE], such as dist/{os}_{arch}/app:/app/app`,
				`artifacts: unknown {platform} in "bin/{platform}"; known are {os}, {arch} and {variant}`,
			}},
		{"a_start_that_makes_no_sense", map[string]string{"mode": "build", "images": cart, "builder": "assemble",
			"artifacts":  file,
			"base-image": "UPPER", "entrypoint": `sh -c "run me"`, "workdir": "app", "env": "PORT"}, inputs.Needs{},
			inputs.Problems{
				"base-image: \"UPPER\" is neither scratch nor an image reference such as gcr.io/distroless/static:nonroot: it " +
					"has capitals, which no registry takes; write it in lower case: upper",
				`entrypoint: sh -c "run me" contains quotes, and no shell reads it; write words that need quotes as a JSON list`,
				"env, entry 1: not KEY=VALUE",
				`workdir: "app" is not an absolute path`,
			}},
		{"an_entrypoint_that_is_no_list", map[string]string{"mode": "build", "images": cart, "builder": "assemble",
			"artifacts": file, "entrypoint": "[run]"}, inputs.Needs{},
			inputs.Problems{`entrypoint: [run] is not a JSON list of words such as ["/app/app", "serve"]`}},
		{"builders_that_make_no_sense", map[string]string{"mode": "build", "images": cart,
			"builder": "kaniko\nunix://\nunix:///a cert=c color=red platforms\nauto"}, inputs.Needs{},
			inputs.Problems{
				`builder: "kaniko" is not one of auto, docker-container://NAME, tcp://HOST:PORT, unix://PATH, assemble, cloudbuild`,
				`builder: "unix://" is not one of auto, docker-container://NAME, tcp://HOST:PORT, unix://PATH, assemble, cloudbuild`,
				`builder: unknown key "color"; known are platforms, and for tcp:// cacert, cert, key and servername`,
				`builder: "platforms" is not key=value`,
				`builder: cacert, cert, key and servername are for tcp://, not for "unix:///a"`,
				"builder: 4 lines name no platforms; only one can take all that the others leave",
			}},
		{"assemble_beside_another_builder", map[string]string{"mode": "build", "images": cart, "builder": "assemble\nauto",
			"artifacts": file}, inputs.Needs{},
			inputs.Problems{"builder: assemble builds every platform, so it must be the only line"}},
		{"assemble_with_platforms", map[string]string{"mode": "build", "images": cart,
			"builder": "assemble platforms=linux/amd64", "artifacts": file}, inputs.Needs{},
			inputs.Problems{"builder: assemble builds every platform and takes no keys"}},
		{"a_platform_that_nobody_builds", map[string]string{"mode": "build", "images": cart,
			"builder": "unix:///a platforms=linux/amd64\nunix:///b platforms=linux/amd64"}, inputs.Needs{},
			inputs.Problems{
				"builder: linux/amd64 is given to two builders; name each platform once",
				"platforms: no line of builder builds linux/arm64; add it to the platforms of one, or add a line without platforms",
			}},
		{"lists_that_make_no_sense", map[string]string{"mode": "build", "images": cart, "secrets": "hunter2", "ssh": "=x",
			"cache-to":   "mode=max",
			"provenance": "yes", "annotations": "layer:a=b"}, inputs.Needs{},
			inputs.Problems{
				`annotations: "layer" is neither index nor manifest, in "layer:a=b"`,
				"secrets, entry 1: not KEY=VALUE",
				`ssh: "=x" is neither ID nor ID=PATH, such as default`,
				"cache-to, entry 1: write it as type=gha or type=registry,ref=REPOSITORY:TAG",
				`provenance: "yes" is neither true, false nor parameters such as mode=max`,
			}},
		{"two_images_under_one_tag", map[string]string{"mode": "build",
			"images": "a=ghcr.io/shop/cart target=a\nb=ghcr.io/shop/cart target=b"}, inputs.Needs{},
			inputs.Problems{`images, line 2: "a" and "b" are both pushed as ghcr.io/shop/cart:v1, and are not built the same way; give one of them another repository or tag`}},
		{"one_image_under_two_names", map[string]string{"mode": "build",
			"images": "a=ghcr.io/shop/cart\nb=ghcr.io/shop/cart"}, inputs.Needs{}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.given["tag"] = "v1"
			_, err := parse(test.given, test.needs)
			var want error
			if test.want != nil {
				want = test.want
			}
			if diff := cmp.Diff(want, err); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
