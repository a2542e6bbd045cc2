package inputs_test

import (
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
)

func TestParse_checks_the_whole_syntax_of_a_repository(t *testing.T) {
	tests := []struct{ name, image, want string }{
		{"host_and_path", "app=ghcr.io/me/app", ""},
		{"host_with_port", "app=registry.lan:5000/me/app", ""},
		{"address_with_port", "app=127.0.0.1:5000/app", ""},
		{"docker_hub", "app=me/app", ""},
		{"official_image", "app=nginx", ""},
		{"separators_within_a_part", "app=ghcr.io/me/a_b.c__d--e", ""},
		{"capitals_in_the_host", "app=GHCR.io/me/app", ""},
		{"slash_at_the_end", "app=ghcr.io/me/", "a part of it is empty; is a variable in it not set?"},
		{"two_slashes", "app=ghcr.io//app", "a part of it is empty"},
		{"slash_at_the_beginning", "app=/app", "a part of it is empty"},
		{"dash_at_the_beginning", "app=-x", "each part between slashes"},
		{"dash_at_the_beginning_of_a_part", "app=ghcr.io/-x", "each part between slashes"},
		{"two_dots", "app=ghcr.io/me/a..b", "each part between slashes"},
		{"parent_folder", "app=ghcr.io/../app", "each part between slashes"},
		{"port_is_no_number", "app=ghcr.io:http/app", `its port "http" is not a number`},
		{"port_is_too_large", "app=ghcr.io:99999/app", `its port "99999"`},
		{"port_is_empty", "app=ghcr.io:/app", `its port ""`},
		{"capitals", "app=ghcr.io/Me/App", "write it in lower case: ghcr.io/me/app"},
		{"scheme", "app=https://ghcr.io/me/app", "starts with a scheme"},
		{"tag", "app=ghcr.io/me/app:v1", "it contains a tag, which belongs into the input tag"},
		{"tag_of_an_official_image", "app=nginx:v1", "it contains a tag"},
		{"digest", "app=ghcr.io/me/app@sha256:0123", "it contains a digest"},
		{"no_repository", "app=", "is a variable in it not set?"},
		{"no_name", "=ghcr.io/me/app", "is a variable in it not set?"},
		{"neither", "=", "is not NAME=REPOSITORY"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			checkParse(t, map[string]string{"images": test.image, "tag": "v1"}, nil, test.want)
		})
	}
}

func TestParse_checks_the_whole_syntax_of_a_reference(t *testing.T) {
	tests := []struct{ name, reference, want string }{
		{"tag", "ghcr.io/me/app:v1", ""},
		{"digest", "ghcr.io/me/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", ""},
		{"port_and_no_tag", "registry.lan:5000/app", ""},
		{"two_slashes", "ghcr.io//app:v1", "a part of it is empty"},
		{"two_dots", "a..b:v1", "each part between slashes"},
		{"capitals", "ghcr.io/Me/app:v1", "write it in lower case"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { checkParse(t, nil, []string{test.reference}, test.want) })
	}
}

func TestParse_knows_the_platforms(t *testing.T) {
	tests := []struct{ name, platform, want string }{
		{"linux", "linux/amd64,linux/arm64/v8,linux/arm/v7", ""},
		{"windows_with_a_build", "windows/amd64:10.0.20348.1", ""},
		{"typing_error", "linux/arm46", `there is no architecture "arm46"; known are 386, amd64, arm, arm64`},
		{"no_such_system", "foo/arm64", `there is no operating system "foo"`},
		{"name_of_uname", "linux/aarch64", "; write linux/arm64"},
		{"one_word", "arm64", "is not a platform such as linux/amd64 or linux/arm64"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			checkParse(t, map[string]string{"images": "app=me/app", "tag": "v1", "platforms": test.platform}, nil, test.want)
		})
	}
}

// checkParse parses inputs; want is a part of the only problem, or "" for none.
func checkParse(t *testing.T, given map[string]string, references []string, want string) {
	t.Helper()
	_, err := parse(given, inputs.Needs{References: references})
	switch {
	case want == "" && err != nil:
		t.Error(err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want) ||
		!strings.HasPrefix(err.Error(), "1 problem")):
		t.Errorf("error %v, want %q", err, want)
	}
}
