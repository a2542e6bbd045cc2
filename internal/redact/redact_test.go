package redact_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
)

func TestText(t *testing.T) {
	tests := []struct{ name, secret, text, want string }{
		{"plain_text_stays", "hunter22", "GET /v2/ 200", "GET /v2/ 200"},
		{"the_secret_itself", "hunter22", "got hunter22, want other", "got ***, want other"},
		{"each_line_of_it", "first line\nsecond line\n", "a second line b", "a *** b"},
		{"in_a_query", "a/b c&d", "GET /?token=a%2Fb+c%26d", "GET /?token=***"},
		{"in_json", `quo"te`, `{"error":"quo\"te"}`, `{"error":"***"}`},
		{"in_json_of_others", `q"<ü>/&`, `"q\"<\u00fc>\/&" and "q\"<ü>/&"`, `"***" and "***"`},
		{"in_an_address_of_others", "a/b c&ü", "?a%2fb%20c%26%c3%bc and /a/b%20c%26%C3%BC", "?*** and /***"},
		{"in_html", `a<b>&"c"`, "<p>a&lt;b&gt;&amp;&#34;c&#34;</p>", "<p>***</p>"},
		{"in_base64", "hunter22", "aHVudGVyMjI=", "***"},
		{"in_base64_of_addresses", "?>hunter", "Pz5odW50ZXI and Pz5odW50ZXI=", "*** and ***"},
		{"braces_are_no_secret", "{\n  \"key\": \"abc\"\n}", "map{} and {a}", "map{} and {a}"},
		{"one_letter_is_no_secret", "a", "a banana", "a banana"},
		{"the_longer_one_first", "pass\npassword", "a password", "a ***"},
		{"password_of_a_url", "", "Get \"https://admin:s3cret@10.0.0.1:6443/api\": EOF",
			"Get \"https://***@10.0.0.1:6443/api\": EOF"},
		{"token_as_the_user_of_a_url", "", "cloning https://ghp_abc@github.com/a/b", "cloning https://***@github.com/a/b"},
		{"the_user_git", "", "cloning ssh://git@github.com/a/b", "cloning ssh://git@github.com/a/b"},
		{"digest_of_an_image", "", "https://ghcr.io/me/app@sha256:0123 and docker://app:v1",
			"https://ghcr.io/me/app@sha256:0123 and docker://app:v1"},
		{"basic_credentials", "", "Authorization: Basic dXNlcjpwYXNzd29yZA==", "Authorization: Basic ***"},
		{"bearer_token", "", "sent bearer eyJhbGciOiJSUzI1NiJ9.e30.x-_y", "sent bearer ***"},
		{"challenge", "", `Bearer realm="https://auth.example/token"`, `Bearer realm="https://auth.example/token"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var secrets redact.Secrets
			secrets.Add(test.secret)
			if diff := cmp.Diff(test.want, secrets.Text(test.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPrintable(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"text", "ünï 日本 \t✅\n", "ünï 日本 \t✅\n"},
		{"escape_sequence", "\x1b[2Jgone", "[2Jgone"},
		{"control_sequence_introducer", "\u009b2Jgone", "2Jgone"},
		{"carriage_return", "one\rtwo\r\nthree", "one\ntwo\nthree"},
		{"right_to_left_override", "a\u202eb\u2066c\u200fd", "abcd"},
		{"line_separators", "a\u2028b\u2029c\u0085d", "abcd"},
		{"broken_utf8", "a\xffb", "ab"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, redact.Printable(test.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
