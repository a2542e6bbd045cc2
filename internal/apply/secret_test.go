package apply_test

import (
	"strings"
	"testing"
)

func TestApply_never_quotes_the_values_of_a_Secret(t *testing.T) {
	opts := in(t, "secret-values")
	webhook(t, "secret-values", map[string]any{"allowed": false, "status": map[string]any{"message": "no hunter2 please"}})
	eventually(t, opts, never)
	for _, test := range []struct{ name, secret, want string }{
		{"data_is_text", `data: hunter2`, "data is not a map"},
		{"data_is_a_list", `data: [hunter2]`, "data is not a map"},
		{"a_value_is_a_map", `data: {password: {hunter2: x}}`, "data.password is not text"},
		{"a_value_is_a_number", `stringData: {password: 12345678}`, "stringData.password is not text"},
		{"a_value_is_not_base64", `data: {password: "hunter2!"}`, "data.password is not base64"},
		{"a_value_is_the_key", `stringData: {"hunter2 hunter2": x}`,
			"stringData: key 1, in the order of the alphabet, is not valid"},
		{"the_type_is_a_value", `type: kubernetes.io/tls, data: {tls.crt: aHVudGVyMg==}`, "data: Required value"},
		{"a_webhook_quotes_it", `stringData: {password: hunter2}`, "no *** please"},
	} {
		t.Run(test.name, func(t *testing.T) {
			secret := "{apiVersion: v1, kind: Secret, metadata: {name: s}, " + test.secret + "}"
			_, findings := refused(t, server(t), secret, opts)
			if len(findings) != 1 {
				t.Fatalf("findings %v, want one", findings)
			}
			text := findings[0].Message + findings[0].Fix
			for _, value := range []string{"hunter2", "12345678", "aHVudGVyMg=="} {
				if strings.Contains(text, value) {
					t.Errorf("%q quotes the value %s", text, value)
				}
			}
			if !strings.Contains(text, test.want) {
				t.Errorf("%q does not say %q", text, test.want)
			}
		})
	}
}
