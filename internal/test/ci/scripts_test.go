//go:build engines

package ci_test

import (
	"os/exec"
	"strings"
	"testing"
)

func TestScripts_pass_shellcheck(t *testing.T) {
	list := exec.Command("git", "ls-files", "-z", "*.sh")
	list.Dir = root
	out, err := list.Output()
	scripts := strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	check := exec.Command("shellcheck", scripts...)
	check.Dir = root
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v; make builders installs shellcheck\n%s", err, out)
	}
}
