package images

import (
	"cmp"
	"encoding/csv"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/catalogue"
)

// The inputs by what uses them.
var (
	dockerfileInputs = []string{"context", "file", "target", "build-args", "secrets", "ssh", "cache-from", "cache-to",
		"provenance", "sbom"}
	assemblyInputs   = []string{"artifacts", "base-image", "entrypoint", "env", "workdir", "user"}
	describingInputs = []string{"labels", "annotations"}
)

// fit checks that only those inputs are given for an image that its way of building uses.
func (v values) fit(how Way) {
	if v.own(sourcesKey) && !how.Join {
		v.Problem("%s: only used with mode join; set mode to join, or drop %s", v.at(sourcesKey), sourcesKey)
	}
	switch {
	case how.Join:
		for _, name := range v.given(slices.Concat([]string{"builder", "labels"}, dockerfileInputs, assemblyInputs)) {
			v.Problem("%s: is for the jobs that build, and mode is join; drop %s here", v.at(name), name)
		}
	case !how.Build:
		for _, name := range v.given(slices.Concat([]string{"builder"}, dockerfileInputs, assemblyInputs, describingInputs)) {
			v.Problem("%s: only used with mode build, and mode is verify; set mode to build, or drop %s", v.at(name), name)
		}
	case how.Assembles():
		for _, name := range v.given(dockerfileInputs) {
			v.Problem("%s: is for a Dockerfile, and builder %s uses none; drop it, or choose another builder", v.at(name),
				catalogue.AssembleBuilder)
		}
		for _, platform := range v.Platforms(v.at("platforms"), v.text("platforms")) {
			if platform.OS != "linux" {
				v.Problem("%s: builder %s makes images for linux, not for %s", v.at("platforms"), catalogue.AssembleBuilder,
					platform)
			}
		}
		if len(v.list("artifacts")) == 0 {
			v.Problem("%s: builder %s needs artifacts, such as dist/{os}_{arch}{variant}/app:/app/app", v.where,
				catalogue.AssembleBuilder)
		}
	default:
		for _, name := range v.given(assemblyInputs) {
			v.Problem("%s: only used by builder %s, and builder is %q; set builder to %[2]s, or drop %[4]s",
				v.at(name), catalogue.AssembleBuilder, v.text("builder"), name)
		}
	}
}

// spec is how the image is built.
func (v values) spec(image Image, source build.Source, how Way) build.Spec {
	tag, _ := image.Reference.(name.Tag)
	spec := build.Spec{
		Name:        image.Name,
		Reference:   tag,
		Platforms:   image.Platforms,
		Labels:      v.Pairs("labels", v.list("labels")),
		Annotations: v.annotations(),
	}
	switch {
	case how.Join:
		spec.Parts = v.parts(image)
	case how.Assembles():
		spec.Assembly = v.assembly()
	default:
		spec.Dockerfile = v.dockerfile()
		if how.CloudBuild == nil {
			v.covered(v.at("platforms"), image.Platforms, how.Endpoints)
		}
	}
	return source.Describe(spec)
}

func (v values) dockerfile() build.Dockerfile {
	return build.Dockerfile{
		Context:    cmp.Or(v.text("context"), "."),
		File:       v.text("file"),
		Target:     v.text("target"),
		Args:       v.Pairs("build-args", v.list("build-args")),
		Secrets:    v.Pairs("secrets", v.list("secrets")),
		SSH:        v.agents(),
		CacheFrom:  v.caches("cache-from"),
		CacheTo:    v.caches("cache-to"),
		Provenance: v.attestation("provenance"),
		SBOM:       v.attestation("sbom"),
	}
}

// agents reads ID or ID=PATH[,PATH].
func (v values) agents() map[string][]string {
	agents := map[string][]string{}
	for _, item := range v.list("ssh") {
		id, paths, given := strings.Cut(item, "=")
		switch {
		case id == "" || given && paths == "":
			v.Problem("ssh: %q is neither ID nor ID=PATH, such as default", item)
		case given:
			agents[id] = strings.Split(paths, ",")
		default:
			agents[id] = nil
		}
	}
	return agents
}

// annotations reads KEY=VALUE, where KEY may say which manifests it is for, as buildx has it:
// https://docs.docker.com/build/metadata/annotations/#specify-annotation-level
func (v values) annotations() build.Annotations {
	annotations := build.Annotations{Index: map[string]string{}, Manifest: map[string]string{}}
	for _, item := range v.list("annotations") {
		levels, rest, leveled := strings.Cut(item, ":")
		if !leveled || strings.Contains(levels, "=") {
			levels, rest = "index,manifest", item
		}
		for level := range strings.SplitSeq(levels, ",") {
			switch pair := v.Pairs("annotations", []string{rest}); level {
			case "index":
				maps.Copy(annotations.Index, pair)
			case "manifest":
				maps.Copy(annotations.Manifest, pair)
			default:
				v.Problem("annotations: %q is neither index nor manifest, in %q", level, item)
			}
		}
	}
	return annotations
}

// caches reads caches as buildx writes them: type=TYPE,key=value, or the reference of an image alone.
func (v values) caches(input string) []build.Cache {
	var caches []build.Cache
	for i, item := range v.list(input) {
		if !strings.Contains(item, "=") {
			caches = append(caches, build.Cache{Type: "registry", Parameters: map[string]string{"ref": item}})
			continue
		}
		fields, err := csv.NewReader(strings.NewReader(item)).Read()
		parameters := map[string]string{}
		if err == nil {
			parameters = v.Pairs(input, fields)
		}
		if parameters["type"] == "" {
			v.Problem("%s, entry %d: write it as type=gha or type=registry,ref=REPOSITORY:TAG", input, i+1)
			continue
		}
		cache := build.Cache{Type: parameters["type"], Parameters: parameters}
		delete(parameters, "type")
		caches = append(caches, cache)
	}
	return caches
}

func (v values) attestation(input string) string {
	text := v.text(input)
	if text != "" && text != "true" && text != "false" && !strings.Contains(text, "=") {
		v.Problem("%s: %q is neither true, false nor parameters such as mode=max", input, text)
	}
	return text
}

// fitCloud checks that Cloud Build can do what is asked for an image without a secret of its own.
func (v values) fitCloud(image Image) {
	if !googleapi.IsRegistry(image.Reference.Context().RegistryStr()) {
		v.Problem("%s: builder %s pushes to Artifact Registry alone, as the builds' service account, and %s is elsewhere; "+
			"use another builder",
			v.where, catalogue.CloudBuilder, image.Repository())
	}
	for _, name := range v.given([]string{"secrets", "ssh"}) {
		v.Problem("%s: builder %s keeps a record of each build, where none may stand; use another builder", name,
			catalogue.CloudBuilder)
	}
	for _, input := range []string{"cache-from", "cache-to"} {
		for _, cache := range v.caches(input) {
			if !slices.Contains([]string{"registry", "inline"}, cache.Type) {
				v.Problem("%s: a cache of type %s is out of reach for builder %s; use type=registry or type=inline", input,
					cache.Type, catalogue.CloudBuilder)
			}
		}
	}
	if folder := v.text("context"); strings.HasPrefix(folder, "git@") || strings.HasPrefix(folder, "ssh://") {
		v.Problem("%s: builder %s has no SSH key for %q; use a local folder, or an https:// address that needs no sign-in",
			v.at("context"), catalogue.CloudBuilder, folder)
	}
	for _, platform := range image.Platforms {
		if platform.OS != "linux" {
			v.Problem("%s: builder %s builds for linux, not for %s", v.at("platforms"), catalogue.CloudBuilder, platform)
		}
	}
}

// covered checks that some endpoint builds each platform of an image.
func (v values) covered(where string, platforms []v1.Platform, endpoints []build.Endpoint) {
	for _, platform := range platforms {
		builds := func(e build.Endpoint) bool {
			return len(e.Platforms) == 0 || slices.ContainsFunc(e.Platforms, platform.Equals)
		}
		if !slices.ContainsFunc(endpoints, builds) {
			v.Problem("%s: no line of builder builds %s; add it to the platforms of one, or add a line without platforms", where,
				platform)
		}
	}
}
