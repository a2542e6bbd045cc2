package cloudbuild_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	cloudbuildtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/cloudbuild"
	googletest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/golden"
)

const digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// scripted is a docker whose build step does as it is told; a nil play succeeds.
func scripted(
	play func(ctx context.Context, c cloudbuildtest.Container) error) func(*googletest.Google) cloudbuildtest.Docker {
	return func(*googletest.Google) cloudbuildtest.Docker {
		return func(ctx context.Context, c cloudbuildtest.Container) error {
			if c.Args[1] != "build" {
				return nil
			}
			if play != nil {
				if err := play(ctx, c); err != nil {
					return err
				}
			}
			return leave(c, map[string]string{"containerimage.digest": digest})
		}
	}
}

// leave leaves a result behind.
func leave(c cloudbuildtest.Container, result any) error {
	content, err := json.Marshal(result)
	return errors.Join(err, os.WriteFile(filepath.Join(c.Outputs, "output"), content, 0o600))
}

// one builds one image of a folder with a Dockerfile.
func one(ctx context.Context, t *testing.T, w *world, files map[string]string) (string, error) {
	t.Helper()
	if files["Dockerfile"] == "" {
		files["Dockerfile"] = "FROM scratch"
	}
	digests, err := w.builder.Build(ctx, []build.Spec{spec(t, "web", folder(t, files), amd64)})
	if err != nil {
		return "", err
	}
	return digests[0].String(), nil
}

func TestBuild_tells_how_a_build_ended(t *testing.T) {
	lines := func(text string) func(context.Context, cloudbuildtest.Container) error {
		return func(_ context.Context, c cloudbuildtest.Container) error {
			fmt.Fprintln(c.Output, text)
			return errors.New("exit status 1")
		}
	}
	for _, test := range []struct {
		name  string
		play  func(context.Context, cloudbuildtest.Container) error
		cloud build.CloudBuild
		user  bool
	}{
		{name: "push_refused", play: lines(`#9 ERROR: failed to push europe-docker.pkg.dev/octo-shop/shop/web:v1: denied: Permission "artifactregistry.repositories.uploadArtifacts" denied on resource "projects/octo-shop/locations/europe/repositories/shop" (or it may not exist)`)},
		{name: "base_image_unreachable", play: lines(`ERROR: failed to solve: failed to do request: Head "https://example.com/v2/base/manifests/1": EOF`)},
		{name: "step_failed", user: true, play: lines(" > [linux/amd64 2/2] RUN make:\nmake: no " +
			"rule\nDockerfile:2\nERROR: failed to build: failed to solve: process \"/bin/sh -c make\" did not complete " +
			"successfully: exit code: 2")},
		{name: "timeout", cloud: build.CloudBuild{Timeout: time.Second}, play: func(ctx context.Context,
			_ cloudbuildtest.Container) error {
			<-ctx.Done()
			return ctx.Err()
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, scripted(test.play))
			if test.cloud.Timeout != 0 {
				w.builder.Cloud.Timeout = test.cloud.Timeout
			}
			_, err := one(t.Context(), t, w, map[string]string{})
			if err == nil {
				t.Fatal("no error")
			}
			golden.Check(t, filepath.Join("testdata", test.name+".txt"), changing.ReplaceAllString(err.Error(), "…")+"\n")
			var user *build.StepError
			if errors.As(err, &user) != test.user {
				t.Errorf("the user's files are to blame: %v, want %v", !test.user, test.user)
			}
		})
	}
}

func TestBuild_needs_the_digest(t *testing.T) {
	w := newWorld(t, func(*googletest.Google) cloudbuildtest.Docker {
		return func(context.Context, cloudbuildtest.Container) error { return nil }
	})
	_, err := one(t.Context(), t, w, map[string]string{})
	if err == nil || !strings.Contains(err.Error(), "building shop/web: reading the result of build ") {
		t.Errorf("error %v", err)
	}
}

func TestBuild_streams_the_log(t *testing.T) {
	release := make(chan struct{})
	w := newWorld(t, scripted(func(ctx context.Context, c cloudbuildtest.Container) error {
		fmt.Fprintln(c.Output, "half of it")
		select {
		case <-release:
		case <-ctx.Done():
		}
		fmt.Fprintln(c.Output, "::error::all of it")
		return nil
	}))
	w.builds.Unavailable = 3
	type result struct {
		digest string
		err    error
	}
	ended := make(chan result)
	go func() {
		got, err := one(t.Context(), t, w, map[string]string{})
		ended <- result{got, err}
	}()
	for until := time.Now().Add(20 * time.Second); !strings.Contains(w.said(),
		"half of it"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("a line is not shown before the build ends:\n%s", w.said())
		}
	}
	close(release)
	if got := <-ended; got.err != nil || got.digest != digest {
		t.Errorf("got %q, %v", got.digest, got.err)
	}
	want := `Step #1 - "build": ::error::all of it`
	if said := w.said(); !strings.Contains(said, want) || strings.Count(said, "half of it") != 1 {
		t.Errorf("want %q, and each line once:\n%s", want, said)
	}
}

func TestBuild_goes_on_without_a_log(t *testing.T) {
	w := newWorld(t, withoutAccess)
	got, err := one(t.Context(), t, w, map[string]string{})
	if err != nil || got != digest {
		t.Fatalf("got %q, %v", got, err)
	}
	if count := strings.Count(w.said(), "--role=roles/storage.objectUser"); count < 1 {
		t.Errorf("nothing says why there is no log:\n%s", w.said())
	}
}

// withoutAccess takes the job's access to the bucket away once the build runs.
func withoutAccess(g *googletest.Google) cloudbuildtest.Docker {
	return scripted(func(context.Context, cloudbuildtest.Container) error {
		g.Revoke("roles/storage.objectUser")
		time.Sleep(100 * time.Millisecond)
		return nil
	})(g)
}

func TestBuild_is_cancelled_when_the_run_is(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := newWorld(t, scripted(func(ctx context.Context, _ cloudbuildtest.Container) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}))
	_, err := one(ctx, t, w, map[string]string{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(map[string]int{"CANCELLED": 1}, w.builds.Statuses()); diff != "" {
		t.Errorf("builds (-want +got):\n%s", diff)
	}
	if left := w.builds.Storage.Objects(); len(left) != 1 || !strings.Contains(left[0], "/log-") {
		t.Errorf("%v was left behind, want the log alone", left)
	}
}

func TestBuild_uploads_in_parts_and_again(t *testing.T) {
	big := make([]byte, 20<<20)
	source := rand.NewChaCha8([32]byte{})
	_, _ = source.Read(big) // it never fails
	w := newWorld(t, scripted(func(_ context.Context, c cloudbuildtest.Container) error {
		got, err := os.ReadFile(filepath.Join(c.Workspace, "context", "big"))
		if err != nil || !bytes.Equal(got, big) {
			return errors.New("the file is another one")
		}
		return nil
	}))
	w.builds.Storage.Broken = 2
	if _, err := one(t.Context(), t, w, map[string]string{"big": string(big)}); err != nil {
		t.Errorf("%v\n%s", err, w.said())
	}
	if !strings.Contains(w.said(), ": 21.0 MB") {
		t.Errorf("the size is not told:\n%s", w.said())
	}
}
