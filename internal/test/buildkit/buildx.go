package buildkit

import (
	"path/filepath"
	"testing"
)

// Buildx is the path of docker buildx as a program of its own, of the release that builder cloudbuild runs.
func Buildx(t testing.TB) string {
	t.Helper()
	return filepath.Join(build(t, "buildx"), "buildx")
}
