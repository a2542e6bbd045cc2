package ci_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A workflow hands names over as text, which nobody checks: an output that is not there is empty, and a variable
// that is not there is passed over.
func TestWorkflows_and_Terraform_speak_of_the_same(t *testing.T) {
	output := regexp.MustCompile(`(?:infrastructure\.outputs|steps\.outputs\.outputs)\.(\w+)`)
	variable := regexp.MustCompile(`TF_VAR_(\w+):`)
	for _, folder := range modules(t) {
		cloud := filepath.Base(filepath.Dir(folder))
		there := map[string]bool{}
		for _, file := range parse(t, folder) {
			for _, block := range file.Body.(*hclsyntax.Body).Blocks {
				there[block.Type+" "+strings.Join(block.Labels, ".")] = true
			}
		}
		for path, content := range workflows(t) {
			if !strings.HasPrefix(filepath.Base(path), "demo-"+cloud) {
				continue
			}
			for _, found := range output.FindAllSubmatch(content, -1) {
				if !there["output "+string(found[1])] {
					t.Errorf("%s: Terraform of %s has no output %s", path, cloud, found[1])
				}
			}
			for _, found := range variable.FindAllSubmatch(content, -1) {
				if !there["variable "+string(found[1])] {
					t.Errorf("%s: Terraform of %s has no variable %s", path, cloud, found[1])
				}
			}
		}
	}
}
