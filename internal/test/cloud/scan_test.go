package cloud_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
)

// scan looks for each token and key in every byte that the program wrote.
func (j *job) scan(t *testing.T, log string) {
	t.Helper()
	left := files(t, j.dir)
	unsoiled(t, left, "home/", "tmp/")
	for _, name := range []string{"output", "summary", "workspace/multiarch-deploy-report.json"} {
		if left[name] == "" {
			t.Errorf("nothing was looked for in %s, which is empty or missing", name)
		}
	}
	leak(t, j.cloud, log, left)
}

// files are the contents of all files below a folder, by their paths in it.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	contents := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		contents[strings.TrimPrefix(path, dir+"/")] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

// unsoiled fails the test where a file is left in one of the folders.
func unsoiled(t *testing.T, left map[string]string, folders ...string) {
	t.Helper()
	for path := range left {
		if slices.ContainsFunc(folders, func(folder string) bool { return strings.HasPrefix(path, folder) }) {
			t.Errorf("%s is left behind", path)
		}
	}
}

// leak fails the test where a token or a key shows. Only the commands of the log that mask them may name them, and the
// runner keeps those to itself.
func leak(t *testing.T, cloud *cloudtest.Cloud, log string, texts map[string]string) {
	t.Helper()
	secrets := cloud.Secrets()
	texts["the log"] = asShown(log)
	for where, text := range texts {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds a secret: %.20s...", where, secret)
			}
		}
	}
	if !slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(log, "::add-mask::"+secret) }) {
		t.Error("no secret is masked, so none was received, or all are unguarded")
	}
}

// asShown is the log without the commands that mask.
func asShown(log string) string {
	var shown strings.Builder
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, "::add-mask::") {
			shown.WriteString(line)
		}
	}
	return shown.String()
}
