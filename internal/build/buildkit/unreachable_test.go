package buildkit_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

func TestBuild_says_why_a_builder_is_of_no_use(t *testing.T) {
	none := func(name string) string {
		return map[string]string{"DOCKER_HOST": "unix:///nowhere/docker.sock"}[name]
	}
	for _, test := range []struct {
		name, address string
		want          []string
	}{
		{"no_socket", "unix:///nowhere/buildkitd.sock", []string{"builder unix:///nowhere/buildkitd.sock: BuildKit does " +
			"not answer", "no such file"}},
		{"no_listener", "tcp://127.0.0.1:1", []string{"builder tcp://127.0.0.1:1: BuildKit does not answer",
			"connection refused"}},
		{"another_scheme", "ssh://host", []string{"builder ssh://host: this is not one of auto, docker-container://NAME, " +
			"tcp://HOST:PORT and unix://PATH"}},
		{"no_engine", "auto", []string{"builder auto: no Docker engine answers at unix:///nowhere/docker.sock",
			"name a BuildKit in the builder input: tcp://HOST:PORT or unix://PATH"}},
		{"no_engine_for_a_container", "docker-container://x",
			[]string{"builder docker-container://x: no Docker engine answers"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, _ := builder(test.address)
			b.Getenv = none
			_, err := b.Build(t.Context(), []build.Spec{spec(t, "127.0.0.1:1", "cart", ".")})
			if err == nil || slices.ContainsFunc(test.want, func(part string) bool {
				return !strings.Contains(err.Error(),
					part)
			}) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
	}
}
