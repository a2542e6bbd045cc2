package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"

	api "github.com/moby/moby/api/types/build"
	docker "github.com/moby/moby/client"

	"github.com/containerd/platforms"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
)

// build has the engine's BuildKit build files for a platform.
func build(t testing.TB, engine buildkit.Engine, files []byte, platform, name string) {
	t.Helper()
	target, err := platforms.Parse(platform)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := engine.ImageBuild(t.Context(), bytes.NewReader(files), docker.ImageBuildOptions{
		Tags: []string{name}, Version: api.BuilderBuildKit, Platforms: []platforms.Platform{target},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := outcome(answer.Body); err != nil {
		t.Fatalf("building %s for %s: %v", name, platform, err)
	}
}

// outcome reads the lines of a build's answer to their end: an error is one of them.
func outcome(lines io.Reader) error {
	for decoder := json.NewDecoder(lines); ; {
		var line struct{ Error string }
		if err := decoder.Decode(&line); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if line.Error != "" {
			return errors.New(line.Error)
		}
	}
}
