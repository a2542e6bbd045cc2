package buildkit

import (
	"cmp"
	"fmt"
	"maps"
	"strconv"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/moby/buildkit/session"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// digestKey is where BuildKit answers with the digest of what it pushed.
const digestKey = exptypes.ExporterImageDigestKey

// solveOptions puts a spec into BuildKit's words, as buildx does.
func (b *Builder) solveOptions(spec build.Spec, p part, target string, s *session.Session) client.SolveOpt {
	return client.SolveOpt{
		Frontend:              "dockerfile.v0",
		FrontendAttrs:         frontendAttributes(spec, p.platforms),
		Exports:               []client.ExportEntry{{Type: p.daemon.exporter, Attrs: b.exportAttributes(spec, target)}},
		CacheImports:          b.caches(spec.Dockerfile.CacheFrom),
		CacheExports:          b.caches(spec.Dockerfile.CacheTo),
		SharedSession:         s,
		SessionPreInitialized: true,
	}
}

// frontendAttributes are what the Dockerfile frontend reads.
// https://github.com/moby/buildkit/blob/v0.30.0/frontend/dockerui/config.go
func frontendAttributes(spec build.Spec, platforms []v1.Platform) map[string]string {
	attrs := map[string]string{
		"platform": build.JoinPlatforms(platforms),
		// An index even for one platform: a node refuses an index that lacks its platform when it pulls, but starts
		// a single manifest of any platform, and crashes.
		"multi-platform":              "true",
		"filename":                    spec.Dockerfile.Name(),
		"target":                      spec.Dockerfile.Target,
		"build-arg:SOURCE_DATE_EPOCH": spec.Epoch(),
	}
	if spec.Dockerfile.IsRemote() {
		attrs["context"] = spec.Dockerfile.Context
	}
	for key, value := range spec.Dockerfile.Args {
		attrs["build-arg:"+key] = value
	}
	for key, value := range spec.Labels {
		attrs["label:"+key] = value
	}
	attest(attrs, "provenance", spec.Dockerfile.Provenance, "mode=min,inline-only=true")
	attest(attrs, "sbom", spec.Dockerfile.SBOM, "")
	return attrs
}

// attest asks for an attestation. usual is what "" means, and "" then for none, as in buildx.
func attest(attrs map[string]string, kind, wanted, usual string) {
	switch wanted {
	case "true":
		attrs["attest:"+kind] = ""
	case "false":
	case "":
		if usual != "" {
			attrs["attest:"+kind] = usual
		}
	default:
		attrs["attest:"+kind] = wanted
	}
}

// exportAttributes say where and how BuildKit pushes. target without a tag is pushed by digest.
func (b *Builder) exportAttributes(spec build.Spec, target string) map[string]string {
	attrs := map[string]string{
		string(exptypes.OptKeyName):     target,
		string(exptypes.OptKeyPush):     "true",
		string(exptypes.OptKeyOCITypes): "true",
	}
	if target == spec.Reference.Context().Name() {
		attrs[string(exptypes.OptKeyPushByDigest)] = "true"
	}
	if b.Registry.AllowsPlainHTTP(spec.Reference.Context().Registry) {
		attrs[string(exptypes.OptKeyInsecure)] = "true"
	}
	for key, value := range spec.Annotations.Index {
		attrs[exptypes.AnnotationIndexKey(key)] = value
	}
	for key, value := range spec.Annotations.Manifest {
		attrs[exptypes.AnnotationManifestKey(nil, key)] = value
	}
	return attrs
}

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
