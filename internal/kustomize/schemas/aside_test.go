package schemas_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/schemas"
)

const head = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: shops.example.com
spec:
  versions:
  - name: v1
    schema:
`

const plain = head + `      openAPIV3Schema:
        description: |
          A shop.

            # not a comment
        # a comment
        properties:
          spec:
            type: object
        required:
        - spec
        - "on"
        type: object
    served: true
`

// big has a schema that is read in pieces.
var big = head + "      openAPIV3Schema:\n        properties:\n          spec:\n            properties:\n" +
	strings.Repeat("              NAME:\n                description: >-\n                  a: b\n\n                  c\n"+
		"                default: 1.50\n                enum: [a, 'b', null, 3, on, 0x10, 2001-01-01]\n", 800) +
	"    served: true\n"

// TestAside_Take_and_PutBack: what was taken out comes back as the YAML says, and the lines of the rest keep their
// numbers.
func TestAside_Take_and_PutBack(t *testing.T) {
	beforeVersions, _, _ := strings.Cut(head, "  - name")
	for _, test := range []struct {
		name, content string
		// taken: there is something left without schemas.
		taken, names bool
	}{
		{"a_schema", plain, true, false},
		{"of_megabytes", numbered(big), true, false},
		{"of_two_versions", plain + strings.TrimPrefix(plain, beforeVersions), true, false},
		{"beside_others", "kind: Service\n---\n" + plain + "---\n" + plain + "---\nkind: Secret\n", true, false},
		{"with_the_line_ends_of_windows", strings.ReplaceAll(plain, "\n", "\r\n"), true, false},
		{"with_a_quoted_key", strings.Replace(plain, "openAPIV3Schema", `"openAPIV3Schema"`, 1), true, false},
		{"at_the_end_without_a_line_end", strings.TrimSuffix(strings.Split(plain, "    served")[0], "\n"), true, false},
		{"with_an_anchor", strings.Replace(plain, "type: object", "type: &t object", 1), false, false},
		{"with_an_alias", strings.Replace(plain, "type: object", "default: *v", 1), false, false},
		{"with_a_tag", strings.Replace(plain, "type: object", "type: !!str object", 1), false, false},
		{"in_flow_style", head + "      openAPIV3Schema: {type: object}\n", false, false},
		{"that_is_empty", head + "      openAPIV3Schema:\n    served: true\n", false, false},
		{"with_a_field_twice", strings.Replace(plain, "        required:", "        type: a\n        required:", 1), false,
			false},
		{"with_a_number_for_a_name", strings.Replace(plain, "spec:\n            type", "1:\n            type", 1), false,
			false},
		{"in_broken_YAML", strings.Replace(plain, "type: object", "type: 'object", 1), false, false},
		{"of_broken_indentation", strings.Replace(plain, "        properties", "       properties", 1), false, false},
		{"in_a_text_of_a_definition", strings.Replace(plain, "    schema:\n", "    schema: |\n", 1), false, false},
		{"in_a_text_of_another_kind",
			"kind: ConfigMap\ndata:\n  a: |\n    " + strings.ReplaceAll(plain, "\n", "\n    "), false, true},
		{"that_a_patch_changes", "- op: remove\n  path: /spec/versions/0/schema/openAPIV3Schema/required\n", false, true},
		{"that_is_none", "kind: ConfigMap\n", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			rest, names := roundTrip(t, []byte(test.content))
			if taken := !bytes.Equal(rest, []byte(test.content)); taken != test.taken || names != test.names {
				t.Errorf("taken %t, names it %t; want %t and %t:\n%.2000s", taken, names, test.taken, test.names, rest)
			}
		})
	}
}

// numbered gives each NAME a number.
func numbered(text string) string {
	for i := 0; strings.Contains(text, "NAME"); i++ {
		text = strings.Replace(text, "NAME", fmt.Sprint("field", i), 1)
	}
	return text
}

// roundTrip takes the schemas out of a file, and puts them back into its documents.
func roundTrip(t *testing.T, content []byte) (rest []byte, names bool) {
	t.Helper()
	aside := schemas.New()
	aside.Begin()
	names = aside.Names(content)
	rest = aside.Take(content)
	if bytes.Equal(rest, content) {
		return rest, names
	}
	if got, want := bytes.Count(rest, []byte("\n")), bytes.Count(content, []byte("\n")); got != want && got != want+1 {
		t.Errorf("%d lines, want %d", got, want)
	}
	got, err := documents(rest)
	if err != nil {
		if _, before := documents(content); before == nil {
			t.Errorf("what is left is no YAML: %v\n%s", err, rest)
		}
		return rest, names
	}
	for _, doc := range got {
		if object, ok := doc.(map[string]any); ok {
			aside.PutBack(object)
		}
	}
	want, err := documents(content)
	if err != nil {
		t.Fatalf("read although it is no YAML: %v", err)
	}
	if !aside.Complete() {
		t.Error("not all schemas are back")
	}
	if diff := cmp.Diff(asJSON(t, want), asJSON(t, got)); diff != "" {
		t.Error(diff)
	}
	return rest, names
}

func documents(content []byte) (all []any, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var doc any
		if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, doc)
	}
}

func asJSON(t *testing.T, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Skip("what is no JSON is no object") // reached by fuzzing only
	}
	var again any
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	return again
}

// FuzzAside_round_trip has whatever is taken out come back as the YAML says.
func FuzzAside_round_trip(f *testing.F) {
	for _, seed := range []string{plain, strings.ReplaceAll(plain, "\n", "\r\n"), "---\n" + plain + "---\n" + plain} {
		f.Add(seed, 100, "#")
	}
	f.Fuzz(func(t *testing.T, content string, at int, more string) {
		if at < 0 || at > len(content) {
			return
		}
		roundTrip(t, []byte(content[:at]+more+content[at:]))
	})
}

// TestAside_Complete: what lost a schema, or has it elsewhere, is not to be used.
func TestAside_Complete(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(object map[string]any)
		want   bool
	}{
		{"a_change_of_something_else", func(o map[string]any) { o["metadata"] = nil }, true},
		{"the_schema_is_replaced", func(o map[string]any) { schemaOf(o)["openAPIV3Schema"] = map[string]any{} }, false},
		{"the_versions_are_gone", func(o map[string]any) { o["spec"] = nil }, false},
		{"it_is_also_elsewhere", func(o map[string]any) { o["data"] = schemaOf(o)["openAPIV3Schema"] }, false},
		{"it_is_part_of_a_text",
			func(o map[string]any) { o["data"] = "a " + schemaOf(o)["openAPIV3Schema"].(string) }, false},
		{"it_is_there_twice", func(o map[string]any) { o["spec"] = twice(o["spec"].(map[string]any)) }, false},
		{"it_is_in_another_kind", func(o map[string]any) { o["kind"] = "ConfigMap" }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			aside := schemas.New()
			aside.Begin()
			docs, err := documents(aside.Take([]byte(plain)))
			if err != nil {
				t.Fatal(err)
			}
			object := docs[0].(map[string]any)
			test.change(object)
			aside.PutBack(object)
			if got := aside.Complete(); got != test.want || !aside.Matters() {
				t.Errorf("complete %t, want %t; matters %t", got, test.want, aside.Matters())
			}
		})
	}
}

func schemaOf(object map[string]any) map[string]any {
	versions := object["spec"].(map[string]any)["versions"].([]any)
	return versions[0].(map[string]any)["schema"].(map[string]any)
}

func twice(spec map[string]any) map[string]any {
	version := spec["versions"].([]any)[0].(map[string]any)
	schema := schemaOf(map[string]any{"spec": spec})["openAPIV3Schema"]
	again := map[string]any{"schema": map[string]any{"openAPIV3Schema": schema}}
	return map[string]any{"versions": []any{version, again}}
}
