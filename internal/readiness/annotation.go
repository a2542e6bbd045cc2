package readiness

import (
	"fmt"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// The annotations with which an object says itself how it is waited for.
const (
	// WaitAnnotation is "false" for an object that is not waited for.
	WaitAnnotation = "multiarch-deploy.dev/wait"
	// ReadyAnnotation is a CEL expression over the variable object that is true once the object is ready.
	ReadyAnnotation = "multiarch-deploy.dev/ready"
	// FailedAnnotation is a CEL expression over the variable object that is true once it has failed.
	FailedAnnotation = "multiarch-deploy.dev/failed"
)

// costLimit bounds an expression's work, in CEL's units: about one per operation.
const costLimit = 1_000_000

// Wait reports whether the object is to be waited for.
func Wait(u *unstructured.Unstructured) bool { return u.GetAnnotations()[WaitAnnotation] != "false" }

// Check returns an error that names each annotation of the object that cannot be used: an expression that does not
// compile, or is not a condition; a WaitAnnotation that is neither true nor false.
func Check(u *unstructured.Unstructured) error {
	annotations := u.GetAnnotations()
	if wait, given := annotations[WaitAnnotation]; given && wait != "true" && wait != "false" {
		return fmt.Errorf("%s: annotation %s is %q; use \"true\" or \"false\"", object.Name(u.GetKind(), u), WaitAnnotation,
			wait)
	}
	for _, name := range []string{ReadyAnnotation, FailedAnnotation} {
		if _, err := compile(annotations[name]); annotations[name] != "" && err != nil {
			return fmt.Errorf("%s: annotation %s: %w", object.Name(u.GetKind(), u), name, err)
		}
	}
	return nil
}

// byExpressions judges by the object's own expressions. Where it gives only one for failed, the rest is judged as
// usual.
func byExpressions(u *unstructured.Unstructured) (s Status, asked bool) {
	annotations := u.GetAnnotations()
	if failed := annotations[FailedAnnotation]; failed != "" {
		if is, _ := evaluate(failed, u); is {
			return Status{Failed, "its annotation " + FailedAnnotation + " is true: " + failed}, true
		}
	}
	ready := annotations[ReadyAnnotation]
	if ready == "" {
		return Status{}, false
	}
	is, err := evaluate(ready, u)
	switch {
	case err != nil:
		return Status{InProgress, fmt.Sprintf("its annotation %s is not true yet: %v", ReadyAnnotation, err)}, true
	case is:
		return Status{Ready, ""}, true
	}
	return Status{InProgress, "its annotation " + ReadyAnnotation + " is not true yet: " + ready}, true
}

// environment offers an expression the object, and the functions on strings.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(cel.Variable("object", cel.DynType), cel.OptionalTypes(), ext.Strings())
})

func compile(expression string) (cel.Program, error) {
	env, err := environment()
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(expression)
	if issues.Err() != nil {
		return nil, fmt.Errorf("%s", strings.Join(strings.Fields(issues.Err().Error()), " "))
	}
	if kind := ast.OutputType(); !kind.IsExactType(cel.BoolType) && !kind.IsExactType(cel.DynType) {
		return nil, fmt.Errorf("%q is of type %s; write a condition, such as object.status.phase == \"Running\"", expression,
			kind)
	}
	return env.Program(ast, cel.CostLimit(costLimit))
}

// evaluate returns whether an expression is true of the object. A field that is not there is an error.
func evaluate(expression string, u *unstructured.Unstructured) (bool, error) {
	program, err := compile(expression)
	if err != nil {
		return false, err
	}
	value, _, err := program.Eval(map[string]any{"object": u.Object})
	if err != nil {
		return false, err
	}
	is, ok := value.Value().(bool)
	if !ok {
		return false, fmt.Errorf("%q is %v, neither true nor false", expression, value.Value())
	}
	return is, nil
}
