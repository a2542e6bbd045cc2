package manifest

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

var secretKind = schema.GroupKind{Kind: "Secret"}

// MergeStringData writes a Secret's stringData into its data, which is what the API server does too, but before the
// apply: afterwards it remembers us as the owner of stringData, and a key dropped there would stay in data.
// See https://github.com/kubernetes/kubernetes/issues/70281.
func MergeStringData(u *unstructured.Unstructured) {
	plain, found, err := unstructured.NestedStringMap(u.Object, "stringData")
	if u.GroupVersionKind().GroupKind() != secretKind || !found || err != nil {
		return
	}
	for name, value := range plain {
		encoded := base64.StdEncoding.EncodeToString([]byte(value))
		if unstructured.SetNestedField(u.Object, encoded, "data", name) != nil {
			return // checkSecret says that data is no map
		}
	}
	unstructured.RemoveNestedField(u.Object, "stringData")
}

// CheckSecret refuses a Secret whose data does not have the form it must have. The API server would too, but it quotes
// the value, and so may the JSON decoder; this names the place alone. A key that can't be one is not quoted either: it
// may be a value that was written in the wrong place.
func CheckSecret(u *unstructured.Unstructured) error {
	if u.GroupVersionKind().GroupKind() != secretKind {
		return nil
	}
	for _, field := range []string{"data", "stringData"} {
		content, found := u.Object[field]
		entries, isMap := content.(map[string]any)
		if found && content != nil && !isMap {
			return badSecret(field+" is not a map", "Write one KEY: VALUE per line below it.")
		}
		for i, key := range slices.Sorted(maps.Keys(entries)) {
			if err := checkSecretEntry(field, i+1, key, entries[key]); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkSecretEntry(field string, place int, key string, value any) error {
	if key == "" || strings.Trim(key, keyCharacters) != "" {
		return badSecret(fmt.Sprintf("%s: key %d, in the order of the alphabet, is not valid", field, place),
			"A key consists of letters, digits, '-', '_' and '.'.")
	}
	text, isText := value.(string)
	if !isText && value != nil {
		return badSecret(fmt.Sprintf("%s.%s is not text", field, key), "Put the value in quotes.")
	}
	if _, err := base64.StdEncoding.DecodeString(text); field == "data" && err != nil {
		return badSecret(fmt.Sprintf("%s.%s is not base64", field, key),
			"Encode the value, or write it as it is below stringData.")
	}
	return nil
}

const keyCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

func badSecret(why, fix string) error { return &server.Refusal{Why: why, Fix: fix} }

// shortest is the length below which a value of a Secret is not looked for in messages: it would be found in any.
const shortest = 4

// WithoutValues removes the values of an object, if it is a Secret, from what is said about it: an admission webhook
// may quote them.
func WithoutValues(secret *unstructured.Unstructured, findings []finding.Finding) []finding.Finding {
	if secret == nil || secret.GroupVersionKind().GroupKind() != secretKind {
		return findings
	}
	data, _, _ := unstructured.NestedMap(secret.Object, "data")
	for _, value := range data {
		encoded, _ := value.(string)
		plain, _ := base64.StdEncoding.DecodeString(encoded)
		for _, text := range []string{encoded, string(plain)} {
			for i := range findings {
				if len(text) >= shortest {
					findings[i].Message = strings.ReplaceAll(findings[i].Message, text, "***")
				}
			}
		}
	}
	return findings
}
