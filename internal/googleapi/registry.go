package googleapi

import "strings"

// IsRegistry recognises Google's registries by their names: Artifact Registry, and gcr.io, which it serves by now.
// https://docs.cloud.google.com/artifact-registry/docs/docker/authentication
func IsRegistry(host string) bool {
	return host == "gcr.io" || strings.HasSuffix(host, ".gcr.io") || strings.HasSuffix(host, ".pkg.dev")
}
