// Package annotation reads the annotations with which an object says itself how it is waited for.
package annotation

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The annotations with which an object says itself how it is waited for.
const (
	// WaitKey is "false" for an object that is not waited for.
	WaitKey = "multiarch-deploy.dev/wait"
	// ReadyKey is a CEL expression over the variable object that is true once the object is ready.
	ReadyKey = "multiarch-deploy.dev/ready"
	// FailedKey is a CEL expression over the variable object that is true once it has failed.
	FailedKey = "multiarch-deploy.dev/failed"
)

// costLimit bounds an expression's work, in CEL's units: about one per operation.
const costLimit = 1_000_000

// Wait reports whether the object is to be waited for.
func Wait(u *unstructured.Unstructured) bool { return u.GetAnnotations()[WaitKey] != "false" }

// Prefix begins the names of the annotations of this tool.
const Prefix = "multiarch-deploy.dev/"

// switches are annotations that are "true" or "false". The recreate annotation is read by apply.
var switches = []string{WaitKey, Prefix + "recreate"}

// Check returns what is wrong with each annotation of this tool on the object: a sentence about the annotation, and
// what to do. An expression must compile and be a condition, a switch be "true" or "false", and a name be known.
func Check(u *unstructured.Unstructured) []Problem {
	var problems []Problem
	annotations := u.GetAnnotations()
	for _, name := range slices.Sorted(maps.Keys(annotations)) {
		value := annotations[name]
		switch {
		case !strings.HasPrefix(name, Prefix):
		case slices.Contains(switches, name):
			if value != "true" && value != "false" {
				problems = append(problems, Problem{fmt.Sprintf("annotation %s is %q, neither \"true\" nor \"false\"", name, value),
					fmt.Sprintf("Write %s: \"true\" or \"false\", in quotes, or remove it.", name)})
			}
		case name == ReadyKey, name == FailedKey:
			if _, err := compile(value); err != nil {
				problems = append(problems, Problem{fmt.Sprintf("annotation %s, %q, cannot be used: %v", name, value, err),
					"Write a condition in CEL (https://cel.dev) over the variable object, which is the whole object as the cluster " +
						"has it, such as object.status.phase == \"Running\"."})
			}
		default:
			problems = append(problems, Problem{"annotation " + name + " is not known",
				fmt.Sprintf("Correct its name: %s.", strings.Join(slices.Concat(switches, []string{ReadyKey,
					FailedKey}), ", "))})
		}
	}
	return problems
}

// Problem is what is wrong with an annotation. What completes "Deployment shop/cart: …".
type Problem struct{ What, Fix string }

// Verdict is what an object's own expressions say of it; neither Ready nor Failed is for not yet.
type Verdict struct {
	Ready, Failed bool
	// Why completes "Deployment shop/cart: …"; "" where it is ready.
	Why string
}

// Ask evaluates the object's own expressions. Where it gives only one for failed, which is false, nothing was asked.
func Ask(u *unstructured.Unstructured) (v Verdict, asked bool) {
	annotations := u.GetAnnotations()
	if failed := annotations[FailedKey]; failed != "" {
		if is, _ := evaluate(failed, u); is {
			return Verdict{Failed: true, Why: "its annotation " + FailedKey + " is true: " + failed}, true
		}
	}
	ready := annotations[ReadyKey]
	if ready == "" {
		return Verdict{}, false
	}
	is, err := evaluate(ready, u)
	switch {
	case err != nil:
		return Verdict{Why: fmt.Sprintf("its annotation %s is not true yet: %v", ReadyKey, err)}, true
	case is:
		return Verdict{Ready: true}, true
	}
	return Verdict{Why: "its annotation " + ReadyKey + " is not true yet: " + ready}, true
}

// environment offers an expression the object, and the functions on strings.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(cel.Variable("object", cel.DynType), cel.OptionalTypes(), ext.Strings())
})

func compile(expression string) (cel.Program, error) {
	env, err := environment()
	if err == nil && strings.TrimSpace(expression) == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(expression)
	if issues.Err() != nil {
		return nil, unreadable(issues)
	}
	if kind := ast.OutputType(); !kind.IsExactType(cel.BoolType) && !kind.IsExactType(cel.DynType) {
		return nil, fmt.Errorf("it is of type %s, and no condition", kind)
	}
	return env.Program(ast, cel.CostLimit(costLimit))
}

// unreadable says where an expression cannot be read, and why, without the parser's picture of it.
func unreadable(issues *cel.Issues) error {
	var parts []string
	for _, e := range issues.Errors() {
		message := strings.TrimSuffix(e.Message, " (in container '')")
		parts = append(parts, fmt.Sprintf("at line %d, column %d: %s", e.Location.Line(), e.Location.Column()+1,
			strings.Join(strings.Fields(message), " ")))
	}
	return errors.New(strings.Join(parts, "; "))
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
