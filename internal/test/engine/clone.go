package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
)

// Clone makes a git repository with the files of this one as they are now, committed or not, and returns its folder.
// Its Dockerfile names its base by tag.
func Clone(t testing.TB) string {
	t.Helper()
	from, to := buildkit.Repository(t), t.TempDir()
	for file := range strings.SplitSeq(strings.TrimSuffix(git(t, from, "ls-files", "-z", "--cached", "--others",
		"--exclude-standard"), "\x00"), "\x00") {
		copyFile(t, filepath.Join(from, file), filepath.Join(to, file))
	}
	if err := os.WriteFile(filepath.Join(to, "Dockerfile"), readDockerfile(t, from), 0o644); err != nil {
		t.Fatal(err)
	}
	Commit(t, to)
	return to
}

// Commit makes a folder a git repository, me/shop on GitHub, with one commit of all its files, and returns its name.
func Commit(t testing.TB, folder string) (sha string) {
	t.Helper()
	git(t, folder, "init", "--quiet")
	git(t, folder, "remote", "add", "origin", "https://github.com/me/shop")
	git(t, folder, "add", "--all")
	git(t, folder, "-c", "user.name=me", "-c", "user.email=me@example.com", "commit", "--quiet", "--message", "All of it")
	return strings.TrimSpace(git(t, folder, "rev-parse", "HEAD"))
}

func git(t testing.TB, folder string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", folder}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if os.IsNotExist(err) {
		return // removed, and not committed yet
	}
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, info.Mode().Perm()); err != nil {
		t.Fatal(err)
	}
}
