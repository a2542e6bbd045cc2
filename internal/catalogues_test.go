package internal_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/catalogue"
)

var update = flag.Bool("update", false, "write action.yml and the README's tables anew from the catalogues")

// troubleshooting is the page that has a chapter for every finding code, as the README links to it.
const troubleshooting = "docs/troubleshooting.md"

func TestAction_yml_and_README_are_made_from_the_catalogues(t *testing.T) {
	path := filepath.Join(root, "action.yml")
	action := between(t, path, read(t, path), "# inputs", "# /inputs", actionInputs())
	compare(t, path, action)

	path = filepath.Join(root, "README.md")
	readme := between(t, path, read(t, path), "<!-- inputs -->", "<!-- /inputs -->", inputsTable())
	readme = between(t, path, readme, "<!-- outputs -->", "<!-- /outputs -->", outputsTable(outputs(t)))
	readme = between(t, path, readme, "<!-- findings -->", "<!-- /findings -->", findingsTable())
	compare(t, path, readme)
}

func TestAction_yml_has_the_inputs_of_the_catalogue(t *testing.T) {
	var action struct {
		Inputs map[string]struct {
			Description string
			Default     string
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, filepath.Join(root, "action.yml"))), &action); err != nil {
		t.Fatal(err)
	}
	for _, in := range catalogue.All {
		got := action.Inputs[in.Name]
		if got.Description != in.Text || got.Default != in.Default+in.Expression {
			t.Errorf("action.yml has %+v for the input %+v", got, in)
		}
		delete(action.Inputs, in.Name)
	}
	if len(action.Inputs) > 0 {
		t.Errorf("action.yml has inputs that are not in catalogue.All: %+v", action.Inputs)
	}
}

func TestCatalogue_describes_every_finding_code(t *testing.T) {
	described := map[string]int{}
	for _, kind := range finding.Catalogue {
		described[string(kind.Code)]++
	}
	for path, file := range sources(t) {
		if firstFolder(path) != "finding" {
			continue
		}
		for _, code := range constants(file, "Code") {
			if described[code]--; described[code] != 0 {
				t.Errorf("%s: %q is a code that finding.Catalogue must describe once", path, code)
			}
		}
	}
}

// constants are the values of a file's constants of a type of strings.
func constants(file *ast.File, kind string) []string {
	var values []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !isIdent(spec.Type, kind) {
			return true
		}
		for _, value := range spec.Values {
			if literal, ok := value.(*ast.BasicLit); ok {
				values = append(values, strings.Trim(literal.Value, `"`))
			}
		}
		return true
	})
	return values
}

// compare holds a file against what it should be, or writes it anew.
func compare(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, read(t, path)); diff != "" {
		t.Errorf("%s is out of date; `make update`, or `go test ./internal -update`, writes it anew (-want +file):\n%s", path,
			diff)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// actionInputs are the inputs as action.yml declares them
// (https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax).
func actionInputs() string {
	var text strings.Builder
	for _, in := range catalogue.All {
		fmt.Fprintf(&text, "  %s:\n    description: %s\n", in.Name, quoted(in.Text))
		if byDefault := in.Default + in.Expression; byDefault != "" {
			fmt.Fprintf(&text, "    default: %s\n", quoted(byDefault))
		}
	}
	return text.String() + "  "
}

// quoted is text in double quotes, which JSON and YAML write the same.
func quoted(text string) string {
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string always encodes
	return strings.TrimSpace(content.String())
}

type output struct{ name, description string }

// outputs are those that action.yml declares, in its order.
func outputs(t *testing.T) []output {
	t.Helper()
	var action struct{ Outputs yaml.Node }
	if err := yaml.Unmarshal([]byte(read(t, filepath.Join(root, "action.yml"))), &action); err != nil {
		t.Fatal(err)
	}
	var list []output
	for i := 0; i+1 < len(action.Outputs.Content); i += 2 {
		var declared struct{ Description string }
		if err := action.Outputs.Content[i+1].Decode(&declared); err != nil {
			t.Fatal(err)
		}
		list = append(list, output{action.Outputs.Content[i].Value, declared.Description})
	}
	return list
}

func inputsTable() string {
	var table strings.Builder
	table.WriteString("| input | default | what it is |\n| --- | --- | --- |\n")
	for _, in := range catalogue.All {
		byDefault := ""
		if in.Default+in.Expression != "" {
			byDefault = "`" + in.Default + in.Expression + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", in.Name, byDefault, in.Text)
	}
	return table.String()
}

func outputsTable(list []output) string {
	var table strings.Builder
	table.WriteString("| output | what it is |\n| --- | --- |\n")
	for _, o := range list {
		fmt.Fprintf(&table, "| `%s` | %s |\n", o.name, o.description)
	}
	return table.String()
}

func findingsTable() string {
	var table strings.Builder
	table.WriteString("| code | what it means | what to do |\n| --- | --- | --- |\n")
	for _, kind := range finding.Catalogue {
		fmt.Fprintf(&table, "| [`%s`](%[2]s#%[1]s) | %[3]s | %[4]s |\n", kind.Code, troubleshooting, kind.Meaning,
			kind.Remedy)
	}
	return table.String()
}

// between replaces what is between two markers of a file.
func between(t *testing.T, path, text, begin, end, content string) string {
	t.Helper()
	head, rest, found := strings.Cut(text, begin+"\n")
	_, tail, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no part between %q and %q", path, begin, end)
	}
	return head + begin + "\n" + content + end + tail
}
