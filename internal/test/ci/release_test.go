package ci_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// A branch runs what lies there. A release runs the image that was built from it: nobody waits for a compiler.
func TestAction_runs_the_Dockerfile_or_a_release(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var action struct {
		Runs struct {
			Image string `yaml:"image"`
		} `yaml:"runs"`
	}
	if err := yaml.Unmarshal(content, &action); err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^(Dockerfile|docker://ghcr\.io/[a-z0-9._/-]+@sha256:[0-9a-f]{64})$`).MatchString(action.Runs.Image) {
		t.Errorf("action.yml runs %q, which is neither Dockerfile nor a released image", action.Runs.Image)
	}
}

// digest is that of the image that was pushed for a release.
const digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// Most licences of what is linked ask for their text wherever the program goes: beside the programs of a release, of
// each system, and in the image, however it is built.
func TestRelease_has_the_licence_texts_of_what_is_linked(t *testing.T) {
	dockerfile, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	const texts = "THIRD_PARTY_LICENSES.txt"
	for _, test := range []struct{ name, text, want string }{
		{"programs", run(t, root, "make", "-n", "dist"), "go run ./cmd/licenses ./cmd/multiarch-deploy linux/amd64 " +
			"linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 >dist/" + texts},
		{"image_of_a_release", run(t, root, "make", "-n", "push"), "--artifacts dist/" + texts + ":/" + texts},
		{"image_of_the_Dockerfile", string(dockerfile), "RUN go run ./cmd/licenses ./cmd/multiarch-deploy " +
			"$TARGETOS/$TARGETARCH >/" + texts},
		{"its_last_stage", string(dockerfile)[strings.LastIndex(string(dockerfile), "\nFROM "):], "COPY --from=build /" +
			texts + " /" + texts},
	} {
		t.Run(test.name, func(t *testing.T) {
			if !strings.Contains(test.text, test.want) {
				t.Errorf("no %q in\n%s", test.want, test.text)
			}
		})
	}
}

func TestRelease_is_a_commit_beside_the_branch(t *testing.T) {
	folder := repository(t)
	run(t, folder, "git", "tag", "v1.9.0")
	run(t, folder, "git", "commit", "-q", "--allow-empty", "-m", "Add a thing")
	run(t, folder, script(t, "tag.sh"), "v1.10.0", digest)
	for _, test := range []struct{ name, want, got string }{
		{"the_tag_names_its_image_by_digest", "+  image: docker://ghcr.io/multiarch-deploy/multiarch-deploy@" + digest +
			" # v1.10.0",
			added(run(t, folder, "git", "diff", "main", "v1.10.0", "--", "action.yml"))},
		{"nothing_else_changes", "action.yml", run(t, folder, "git", "diff", "--name-only", "main", "v1.10.0")},
		{"the_branch_does_not_move", "Add a thing", run(t, folder, "git", "log", "-1", "--format=%s")},
		{"nothing_is_left_lying_about", "", run(t, folder, "git", "status", "--porcelain")},
		{"the_changelog_begins_after_the_release_before", "Since v1.9.0:\n- Add a thing (" +
			run(t, folder, "git", "rev-parse", "--short", "main") + ")",
			run(t, folder, script(t, "changelog.sh"), "v1.10.0")},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.got != test.want {
				t.Errorf("got %q, want %q", test.got, test.want)
			}
		})
	}
}

func TestRelease_is_refused(t *testing.T) {
	folder := repository(t)
	run(t, folder, "git", "tag", "v1.0.0")
	for _, test := range []struct {
		name, want string
		args       []string
	}{
		{"version_without_v", `"1.2.3" is not a version`, []string{"1.2.3", digest}},
		{"version_of_two_numbers", `"v1.2" is not a version`, []string{"v1.2"}},
		{"version_that_is_taken", "v1.0.0 is tagged already", []string{"v1.0.0"}},
		{"tag_in_place_of_a_digest", `"v1.2.3" is not a digest`, []string{"v1.2.3", "v1.2.3"}},
		{"digest_that_was_lost", `"" is not a digest`, []string{"v1.2.3", ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			refused(t, folder, test.want, test.args...)
		})
	}
	run(t, folder, script(t, "tag.sh"), "v1.2.3") // a check alone
	byTag := []byte("FROM --platform=${BUILDPLATFORM:-linux} golang:1.26 AS build\n")
	if err := os.WriteFile(filepath.Join(folder, "Dockerfile"), byTag, 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, folder, "git", "commit", "-q", "--all", "-m", "Name the base by its tag")
	refused(t, folder, "does not name its base by digest", "v1.2.3", digest)
	if tags := run(t, folder, "git", "tag"); tags != "v1.0.0" {
		t.Errorf("tags %q", tags)
	}
}

// refused fails the test unless tag.sh, run in a folder, fails and says why.
func refused(t *testing.T, folder, why string, args ...string) {
	t.Helper()
	cmd := exec.Command(script(t, "tag.sh"), args...)
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), why) {
		t.Errorf("%v: %s; want %s", err, out, why)
	}
}

// repository is one with this action.yml as it is on a branch, in one commit.
func repository(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	content, err := os.ReadFile(filepath.Join(root, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	content = regexp.MustCompile(`(?m)^  image: .*$`).ReplaceAll(content, []byte("  image: Dockerfile"))
	dockerfile, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"action.yml": content, "Dockerfile": dockerfile} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run(t, folder, "git", "init", "-q", "-b", "main")
	run(t, folder, "git", "config", "user.name", "Test")
	run(t, folder, "git", "config", "user.email", "test@example.com")
	run(t, folder, "git", "add", ".")
	run(t, folder, "git", "commit", "-q", "-m", "Begin")
	return folder
}

func script(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, ".github", "release", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func run(t *testing.T, folder, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", filepath.Base(name), args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// added is the only line that a diff adds.
func added(diff string) string {
	return strings.Join(regexp.MustCompile(`(?m)^\+[^+].*$`).FindAllString(diff, -1), "\n")
}
