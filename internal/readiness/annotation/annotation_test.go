package annotation

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestCheck_names_an_annotation_that_cannot_be_used(t *testing.T) {
	tests := []struct{ name, annotation, value, want string }{
		{"no_expression", ReadyKey, "object.status.phase = 'Open'",
			`annotation multiarch-deploy.dev/ready, "object.status.phase = 'Open'", cannot be used: at line 1, column 21: ` +
				"Syntax error: token recognition error at: '= '; at line 1, column 23: Syntax error: extraneous input ''Open'' " +
				"expecting <EOF>"},
		{"empty", ReadyKey, "", `annotation multiarch-deploy.dev/ready, "", cannot be used: it is empty`},
		{"no_condition", FailedKey, "'text'",
			`annotation multiarch-deploy.dev/failed, "'text'", cannot be used: it is of type string, and no condition`},
		{"unknown_variable", ReadyKey, "self.status",
			`annotation multiarch-deploy.dev/ready, "self.status", cannot be used: at line 1, column 1: undeclared reference ` +
				"to 'self'"},
		{"neither_true_nor_false", WaitKey, "no",
			`annotation multiarch-deploy.dev/wait is "no", neither "true" nor "false"`},
		{"recreate", "multiarch-deploy.dev/recreate", "yes",
			`annotation multiarch-deploy.dev/recreate is "yes", neither "true" nor "false"`},
		{"a_slip", "multiarch-deploy.dev/redy", "true", "annotation multiarch-deploy.dev/redy is not known"},
		{"of_another_tool", "argocd.argoproj.io/sync-wave", "x", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			u := &unstructured.Unstructured{}
			u.SetAnnotations(map[string]string{test.annotation: test.value})
			got := ""
			for _, p := range Check(u) {
				got += p.What
			}
			if !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
		})
	}
}
