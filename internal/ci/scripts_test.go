package ci_test

import (
	"os/exec"
	"path/filepath"
	"testing"
)

func TestScripts_of_the_release_pass_shellcheck(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join(root, ".github", "release", "*.sh"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	if out, err := exec.Command("shellcheck", scripts...).CombinedOutput(); err != nil {
		t.Errorf("%v; make builders installs shellcheck\n%s", err, out)
	}
}
