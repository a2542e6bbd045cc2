package images

import (
	"encoding/json"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/reader"
)

func (v values) assembly() build.Assembly {
	a := build.Assembly{
		Base:       v.base(),
		Entrypoint: v.entrypoint(),
		Env:        v.env(),
		WorkingDir: v.text("workdir"),
		User:       v.text("user"),
	}
	if a.WorkingDir != "" && !path.IsAbs(a.WorkingDir) {
		v.Problem("workdir: %q is not an absolute path", a.WorkingDir)
	}
	for _, item := range v.list("artifacts") {
		if artifact, ok := v.artifact(item); ok {
			a.Artifacts = append(a.Artifacts, artifact)
		}
	}
	return a
}

// base is nil for scratch.
func (v values) base() name.Reference {
	text := v.text("base-image")
	if text == "scratch" {
		return nil
	}
	ref, err := reader.ParseReference(text)
	if err != nil {
		v.Problem("%s: %q is neither scratch nor an image reference such as gcr.io/distroless/static:nonroot: %v",
			v.at("base-image"), text, err)
		return nil
	}
	return ref
}

// entrypoint reads words, or a JSON list for those that hold spaces.
func (v values) entrypoint() []string {
	text := v.text("entrypoint")
	if text == "" {
		return nil // no entrypoint of its own, which is not an empty one
	}
	if !strings.HasPrefix(text, "[") {
		if strings.ContainsAny(text, `"'`) {
			v.Problem("entrypoint: %s contains quotes, and no shell reads it; write words that need quotes as a JSON list", text)
		}
		return strings.Fields(text)
	}
	var words []string
	if err := json.Unmarshal([]byte(text), &words); err != nil || len(words) == 0 {
		v.Problem("entrypoint: %s is not a JSON list of words such as [\"/app/app\", \"serve\"]", text)
	}
	return words
}

func (v values) env() []string {
	var env []string
	for key, value := range v.Pairs("env", v.list("env")) {
		env = append(env, key+"="+value)
	}
	slices.Sort(env)
	return env
}

var pathPlaceholder = regexp.MustCompile(`\{[^}]*\}`)

// artifact reads SOURCE[:DESTINATION[:MODE]]. Without a destination it goes to the root, under its own name.
func (v values) artifact(text string) (build.Artifact, bool) {
	before, where := len(v.Problems), v.at("artifacts")
	parts := strings.Split(strings.TrimSpace(text), ":")
	if len(parts) > 3 || parts[0] == "" {
		v.Problem("%s: %q is not SOURCE:DESTINATION[:MODE], such as dist/{os}_{arch}/app:/app/app", where, text)
		return build.Artifact{}, false
	}
	a := build.Artifact{Source: parts[0], Destination: "/"}
	if len(parts) > 1 {
		a.Destination = parts[1]
	}
	if len(parts) > 2 {
		a.Mode = v.mode(where, parts[2])
	}
	if !path.IsAbs(a.Destination) {
		v.Problem("%s: %q goes to %q, which is not an absolute path", where, a.Source, a.Destination)
	}
	for _, held := range pathPlaceholder.FindAllString(a.Source, -1) {
		if !slices.Contains([]string{"{os}", "{arch}", "{variant}"}, held) {
			v.Problem("%s: unknown %s in %q; known are {os}, {arch} and {variant}", where, held, a.Source)
		}
	}
	return a, len(v.Problems) == before
}

func (v values) mode(where, text string) fs.FileMode {
	mode, err := strconv.ParseUint(text, 8, 32)
	if err != nil || mode == 0 || mode > 0o777 {
		v.Problem("%s: %q is not a mode such as 0755 or 0644", where, text)
	}
	return fs.FileMode(mode)
}
