package inputs

import (
	"cmp"
	"encoding/csv"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// The inputs by what uses them.
var (
	dockerfileInputs = []string{"context", "file", "target", "build-args", "secrets", "ssh", "cache-from", "cache-to",
		"provenance", "sbom"}
	assemblyInputs   = []string{"artifacts", "base-image", "entrypoint", "env", "workdir", "user"}
	describingInputs = []string{"labels", "annotations"}
)

// fit checks that only those inputs are given for an image that its way of building uses.
func (v values) fit(config Config) {
	if v.own(sourcesKey) && !config.Join {
		v.problem("%s: only used with mode join; set mode to join, or drop %s", v.at(sourcesKey), sourcesKey)
	}
	switch {
	case config.Join:
		for _, name := range v.given(slices.Concat([]string{"builder", "labels"}, dockerfileInputs, assemblyInputs)) {
			v.problem("%s: is for the jobs that build, and mode is join; drop %s here", v.at(name), name)
		}
	case !config.Build:
		for _, name := range v.given(slices.Concat([]string{"builder"}, dockerfileInputs, assemblyInputs, describingInputs)) {
			v.problem("%s: only used with mode build, and mode is verify; set mode to build, or drop %s", v.at(name), name)
		}
	case config.Assembles():
		for _, name := range v.given(dockerfileInputs) {
			v.problem("%s: is for a Dockerfile, and builder %s uses none; drop it, or choose another builder", v.at(name),
				assembleBuilder)
		}
		for _, platform := range v.platforms(v.at("platforms"), v.text("platforms")) {
			if platform.OS != "linux" {
				v.problem("%s: builder %s makes images for linux, not for %s", v.at("platforms"), assembleBuilder, platform)
			}
		}
		if len(v.list("artifacts")) == 0 {
			v.problem("%s: builder %s needs artifacts, such as dist/{os}_{arch}{variant}/app:/app/app", v.where, assembleBuilder)
		}
	default:
		for _, name := range v.given(assemblyInputs) {
			v.problem("%s: only used by builder %s, and builder is %q; set builder to %[2]s, or drop %[4]s",
				v.at(name), assembleBuilder, v.text("builder"), name)
		}
	}
}

// spec is how the image is built.
func (v values) spec(image Image, source build.Source, config Config) build.Spec {
	tag, _ := image.Reference.(name.Tag)
	spec := build.Spec{
		Name:        image.Name,
		Reference:   tag,
		Platforms:   image.Platforms,
		Labels:      v.pairs("labels", v.list("labels")),
		Annotations: v.annotations(),
	}
	switch {
	case config.Join:
		spec.Parts = v.parts(image)
	case config.Assembles():
		spec.Assembly = v.assembly()
	default:
		spec.Dockerfile = v.dockerfile()
		if config.CloudBuild == nil {
			v.covered(v.at("platforms"), image.Platforms, config.Endpoints)
		}
	}
	return source.Describe(spec)
}

func (v values) dockerfile() build.Dockerfile {
	return build.Dockerfile{
		Context:    cmp.Or(v.text("context"), "."),
		File:       v.text("file"),
		Target:     v.text("target"),
		Args:       v.pairs("build-args", v.list("build-args")),
		Secrets:    v.pairs("secrets", v.list("secrets")),
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
			v.problem("ssh: %q is neither ID nor ID=PATH, such as default", item)
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
			switch pair := v.pairs("annotations", []string{rest}); level {
			case "index":
				maps.Copy(annotations.Index, pair)
			case "manifest":
				maps.Copy(annotations.Manifest, pair)
			default:
				v.problem("annotations: %q is neither index nor manifest, in %q", level, item)
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
			parameters = v.pairs(input, fields)
		}
		if parameters["type"] == "" {
			v.problem("%s, entry %d: write it as type=gha or type=registry,ref=REPOSITORY:TAG", input, i+1)
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
		v.problem("%s: %q is neither true, false nor parameters such as mode=max", input, text)
	}
	return text
}
