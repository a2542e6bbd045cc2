package internal_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
)

var update = flag.Bool("update", false, "write the README's tables anew from action.yml")

// metadata is the part of action.yml that the tests read
// (https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax).
type metadata struct {
	Inputs  yaml.Node `yaml:"inputs"`
	Outputs yaml.Node `yaml:"outputs"`
}

type field struct {
	Name        string
	Description string `yaml:"description"`
	Default     string `yaml:"default"`
	Required    bool   `yaml:"required"`
}

func TestAction_inputs_are_the_flags(t *testing.T) {
	var want []field
	for _, in := range inputs.Catalogue {
		want = append(want, field{in.Name, in.Description, in.Default + in.Expression, in.Required})
	}
	if diff := cmp.Diff(want, fields(t, readMetadata(t).Inputs)); diff != "" {
		t.Errorf("action.yml and inputs.Catalogue differ; every input is a flag of the same name (-catalogue +action.yml):\n%s", diff)
	}
}

func TestReadme_tables_say_what_action_yml_says(t *testing.T) {
	path := filepath.Join(root, "README.md")
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	action := readMetadata(t)
	want := string(readme)
	want = between(t, want, "inputs", inputsTable(fields(t, action.Inputs)))
	want = between(t, want, "outputs", outputsTable(fields(t, action.Outputs)))
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(readme)); diff != "" {
		t.Errorf("the README's tables are old; write them anew with `go test ./internal -update`:\n%s", diff)
	}
}

func readMetadata(t *testing.T) metadata {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var m metadata
	if err := yaml.Unmarshal(content, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// fields are the entries of a mapping, in the file's order.
func fields(t *testing.T, mapping yaml.Node) []field {
	t.Helper()
	var list []field
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		f := field{Name: mapping.Content[i].Value}
		if err := mapping.Content[i+1].Decode(&f); err != nil {
			t.Fatal(err)
		}
		list = append(list, f)
	}
	return list
}

func inputsTable(list []field) string {
	var table strings.Builder
	table.WriteString("| input | default | what it is |\n| --- | --- | --- |\n")
	for _, f := range list {
		byDefault := ""
		switch {
		case f.Required:
			byDefault = "required"
		case f.Default != "":
			byDefault = "`" + f.Default + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", f.Name, byDefault, f.Description)
	}
	return table.String()
}

func outputsTable(list []field) string {
	var table strings.Builder
	table.WriteString("| output | what it is |\n| --- | --- |\n")
	for _, f := range list {
		fmt.Fprintf(&table, "| `%s` | %s |\n", f.Name, f.Description)
	}
	return table.String()
}

// between replaces what stands between the markers of a name.
func between(t *testing.T, text, name, content string) string {
	t.Helper()
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	head, rest, found := strings.Cut(text, begin)
	_, tail, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("README.md has no table between %q and %q", begin, end)
	}
	return head + begin + content + end + tail
}
