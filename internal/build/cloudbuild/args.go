package cloudbuild

import (
	"encoding/csv"
	"maps"
	"slices"
	"strings"

	"github.com/moby/buildkit/exporter/containerimage/exptypes"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// buildArgs puts a spec into the words of docker buildx build.
// https://docs.docker.com/reference/cli/docker/buildx/build/
func buildArgs(spec build.Spec, from source) []string {
	d := spec.Dockerfile
	args := []string{
		"buildx", "build", "--builder=multiarch", "--progress=plain", "--metadata-file=" + results,
		"--platform=" + build.JoinPlatforms(spec.Platforms),
		"--file=" + from.file,
		"--output=" + output(spec),
		// An index even for one platform: a node refuses an index that lacks its platform when it pulls, but starts a
		// single manifest of any platform, and crashes.
		"--build-arg=BUILDKIT_MULTI_PLATFORM=1",
		"--build-arg=SOURCE_DATE_EPOCH=" + spec.Epoch(),
	}
	args = append(args, pairs("--build-arg=", d.Args)...)
	args = append(args, pairs("--label=", spec.Labels)...)
	for _, cache := range d.CacheFrom {
		args = append(args, "--cache-from="+attributes("type", cache.Type, cache.Parameters))
	}
	for _, cache := range d.CacheTo {
		args = append(args, "--cache-to="+attributes("type", cache.Type, cache.Parameters))
	}
	for flag, value := range map[string]string{"--target=": d.Target, "--provenance=": d.Provenance, "--sbom=": d.SBOM} {
		if value != "" {
			args = append(args, flag+value)
		}
	}
	slices.Sort(args[2:]) // so that the same image is asked for in the same words
	return append(args, from.context)
}

// output says where the image goes, and its annotations. buildx's own flag for these refuses some of them for an index
// of one platform.
func output(spec build.Spec) string {
	parameters := map[string]string{"name": spec.Target(), "push": "true", "oci-mediatypes": "true"}
	if spec.ByDigest {
		parameters["push-by-digest"] = "true"
	}
	for key, value := range spec.Annotations.Index {
		parameters[exptypes.AnnotationIndexKey(key)] = value
	}
	for key, value := range spec.Annotations.Manifest {
		parameters[exptypes.AnnotationManifestKey(nil, key)] = value
	}
	return attributes("type", "image", parameters)
}

// attributes writes key=value pairs as buildx reads them, as one line of CSV.
func attributes(first, value string, parameters map[string]string) string {
	fields := append([]string{first + "=" + value}, pairs("", parameters)...)
	var line strings.Builder
	w := csv.NewWriter(&line)
	_ = w.Write(fields) // a strings.Builder takes everything
	w.Flush()
	return strings.TrimSuffix(line.String(), "\n")
}

// pairs lists PREFIXkey=value, sorted.
func pairs(prefix string, values map[string]string) []string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		list = append(list, prefix+key+"="+values[key])
	}
	return list
}
