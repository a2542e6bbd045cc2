package readiness

import (
	"cmp"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// Checks that several kinds share.

// wordAt judges by one field's word alone; one that is not known is waited for.
func wordAt(path ...string) func(*unstructured.Unstructured) Status {
	return func(u *unstructured.Unstructured) Status {
		word := object.Text(u, path...)
		state := classify(u.GetKind(), word)
		if state == Unjudged {
			state = InProgress
		}
		return Status{state, path[len(path)-1] + " " + cmp.Or(word, "unknown")}
	}
}

func anyTrue(types ...string) func(*unstructured.Unstructured) Status {
	return func(u *unstructured.Unstructured) Status {
		for _, kind := range types {
			if object.ConditionOf(u, kind).Status == "True" {
				return Status{Ready, ""}
			}
		}
		return Status{InProgress, "none of the conditions " + strings.Join(types, ", ") + " is True"}
	}
}

func replicasAt(field string) func(*unstructured.Unstructured) Status {
	return func(u *unstructured.Unstructured) Status {
		if got, wanted := object.Number(u, "status", field), object.Number(u, "spec", "replicas"); got < wanted {
			return Status{InProgress, fmt.Sprintf("%s: %d/%d", field, got, wanted)}
		}
		return Status{Ready, ""}
	}
}
