package ownership

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

func TestPick(t *testing.T) {
	for _, test := range []struct{ name, value, fields, want string }{
		{"a_field", `{a: 1, b: 2}`, `{"f:a": {}}`, `{a: 1}`},
		{"a_field_that_is_not_there", `{b: 2}`, `{"f:a": {}}`, `{}`},
		{"a_whole_map", `{a: {p: 1, q: 2}}`, `{"f:a": {}}`, `{a: {p: 1, q: 2}}`},
		{"part_of_a_map", `{a: {p: 1, q: 2}}`, `{"f:a": {".": {}, "f:q": {}}}`, `{a: {q: 2}}`},
		{"a_whole_list", `{a: [1, 2]}`, `{"f:a": {}}`, `{a: [1, 2]}`},
		{"items_by_key_in_the_order_of_the_list", `{a: [{name: z, v: 1, w: 2}, {name: y}, {name: x, v: 3}]}`,
			`{"f:a": {'k:{"name":"x"}': {"f:v": {}}, 'k:{"name":"z"}': {".": {}, "f:name": {}, "f:v": {}}}}`,
			`{a: [{name: z, v: 1}, {v: 3}]}`},
		{"an_item_by_two_keys_one_a_number", `{a: [{port: 80, protocol: TCP, v: 1}, {port: 80, protocol: UDP, v: 2}]}`,
			`{"f:a": {'k:{"port":80,"protocol":"UDP"}': {".": {}, "f:port": {}, "f:v": {}}}}`, `{a: [{port: 80, v: 2}]}`},
		{"an_item_of_a_set", `{a: [one, two]}`, `{"f:a": {'v:"two"': {}}}`, `{a: [two]}`},
		{"an_item_by_its_place", `{a: [one, two]}`, `{"f:a": {"i:1": {}}}`, `{a: [two]}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var value, fields, want map[string]any
			decode(t, test.value, &value)
			decode(t, test.fields, &fields)
			decode(t, test.want, &want)
			if diff := cmp.Diff(want, Pick(value, fields)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestUnion(t *testing.T) {
	for _, test := range []struct{ name, a, b, want string }{
		{"of_nothing", `{}`, `{"f:a": {}}`, `{"f:a": {}}`},
		{"below_a_field", `{"f:a": {"f:x": {}}}`, `{"f:a": {"f:y": {}}, "f:b": {}}`,
			`{"f:a": {"f:x": {}, "f:y": {}}, "f:b": {}}`},
		{"the_whole_wins_on_the_left", `{"f:a": {}}`, `{"f:a": {"f:y": {}}}`, `{"f:a": {}}`},
		{"the_whole_wins_on_the_right", `{"f:a": {"f:x": {}}}`, `{"f:a": {}}`, `{"f:a": {}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var a, b, want map[string]any
			decode(t, test.a, &a)
			decode(t, test.b, &b)
			decode(t, test.want, &want)
			if diff := cmp.Diff(want, Union(a, b)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// decode reads numbers as the API machinery does: whole ones as int64.
func decode(t *testing.T, text string, into *map[string]any) {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON([]byte(text))
	if err == nil {
		err = json.Unmarshal(asJSON, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
