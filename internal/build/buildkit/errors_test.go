//go:build engines

package buildkit_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
)

func stepError(t *testing.T, err error) *build.StepError {
	t.Helper()
	var failure *build.StepError
	if !errors.As(err, &failure) {
		t.Fatalf("got error %v, want a *build.StepError", err)
	}
	return failure
}

func TestBuild_says_what_in_the_Dockerfile_is_at_fault(t *testing.T) {
	address, host := buildkit.Start(t), newRegistry(t)
	type place struct {
		File string
		Line int
		Step string
		Tail []string
	}
	for _, test := range []struct {
		name, dockerfile, message string
		want                      place
	}{
		{"a_step_that_fails", "FROM BASE\n\nRUN echo one && \\\n    echo two && \\\n    false\n",
			"did not complete successfully: exit code: 1",
			place{"Dockerfile", 3, "[linux/amd64 2/2] RUN echo one &&     echo two &&     false", []string{"one", "two"}}},
		{"a_file_that_is_missing", "FROM scratch\nCOPY nothing /\n", `"/nothing": not found`,
			place{"Dockerfile", 2, "[linux/amd64 1/1] COPY nothing /", nil}},
		{"a_word_that_is_no_instruction", "FROM scratch\nCOPPY a /\n", "unknown instruction: COPPY",
			place{"Dockerfile", 2, "", nil}},
		{"a_base_that_is_missing", "FROM BASE-none:1\n", "not found",
			place{"Dockerfile", 1, "", nil}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := folder(t, host, map[string]string{"Dockerfile": test.dockerfile})
			s := spec(t, host, "faulty", dir)
			s.Platforms = []v1.Platform{amd64}
			b, _ := builder(address)
			_, err := b.Build(t.Context(), []build.Spec{s})
			failure := stepError(t, err)
			file, _ := filepath.Rel(dir, failure.File)
			if diff := cmp.Diff(test.want, place{file, failure.Line, failure.Step, failure.Tail}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !strings.Contains(err.Error(), test.message) {
				t.Errorf("the error lacks %q: %v", test.message, err)
			}
			t.Log(err)
		})
	}
}

func TestBuild_does_not_blame_the_Dockerfile_when_a_registry_is_down(t *testing.T) {
	address, host := buildkit.Start(t), newRegistry(t)
	b, _ := builder(address)
	_, err := b.Build(t.Context(), []build.Spec{spec(t, host, "cart", folder(t, host,
		map[string]string{"Dockerfile": "FROM 127.0.0.1:1/base\n"}))})
	var failure *build.StepError
	if err == nil || errors.As(err, &failure) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got error %v, want one with connection refused that is no *build.StepError", err)
	}
}

func TestBuild_says_that_an_emulator_is_missing(t *testing.T) {
	address, host := buildkit.Start(t), newRegistry(t)
	// No BuildKit offers this platform, and no kernel starts this program.
	ppc64 := v1.Platform{OS: "linux", Architecture: "ppc64"}
	if err := remote.Write(tag(t, host+"/ppc64:latest"), buildkit.Shell(t, ppc64, []byte{0, 1, 2, 3})); err != nil {
		t.Fatal(err)
	}
	s := spec(t, host, "cart", folder(t, host, map[string]string{"Dockerfile": "FROM " + host + "/ppc64\nRUN make\n"}))
	s.Platforms = []v1.Platform{ppc64}
	b, _ := builder(address)
	_, err := b.Build(t.Context(), []build.Spec{s})
	failure := stepError(t, err)
	want := "the BuildKit at " + address + " runs on linux/amd64 and has no emulator for linux/ppc64, so this step " +
		"can't run there"
	if diff := cmp.Diff(want, failure.Err.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if failure.Line != 2 || !strings.Contains(failure.Fix, `"tcp://HOST:1234 platforms=linux/ppc64"`) {
		t.Errorf("line %d, fix:\n%s", failure.Line, failure.Fix)
	}
	t.Log(err)
}

func TestBuild_says_which_files_are_missing(t *testing.T) {
	address, host := buildkit.Start(t), newRegistry(t)
	empty := t.TempDir()
	for _, test := range []struct {
		name, want string
		source     build.Dockerfile
	}{
		{"context", `building cart: context "` + empty +
			`/app" is not a folder here; check the context input, and that the checkout has it`,
			build.Dockerfile{Context: empty + "/app"}},
		{"file", `building cart: there is no Dockerfile at "` + empty +
			`/Dockerfile"; set the file input to its path from the working directory`,
			build.Dockerfile{Context: empty}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, _ := builder(address)
			s := spec(t, host, "cart", "")
			s.Dockerfile = test.source
			_, err := b.Build(t.Context(), []build.Spec{s})
			if diff := cmp.Diff(test.want, stepError(t, err).Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBuild_stops_when_interrupted(t *testing.T) {
	address, host := buildkit.Start(t), newRegistry(t)
	b, _ := builder(address)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	started := time.Now()
	_, err := b.Build(ctx, []build.Spec{spec(t, host, "cart", folder(t, host,
		map[string]string{"Dockerfile": "FROM BASE\nRUN sleep 300\n"}))})
	if err == nil || time.Since(started) > 3*time.Minute {
		t.Errorf("after %s: %v", time.Since(started), err)
	}
	t.Log(err)
}
