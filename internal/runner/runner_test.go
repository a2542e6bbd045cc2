package runner_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

func TestNeutralize(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"plain_text_stands", "GET / 200\n\nfoo::bar", "GET / 200\n\nfoo::bar"},
		{"command_at_line_start", "::add-mask::x", ":\u200b:add-mask::x"},
		{"command_after_white_space", "a\n \t::error::x", "a\n \t:\u200b:error::x"},
		{"old_style_command_anywhere", "x ##[error]y", "x #\u200b#[error]y"},
		{"carriage_return_starts_a_line", "a\r::error::x", "a\n:\u200b:error::x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, runner.Neutralize(test.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// onRunner is the environment of a runner's step, as far as the commands look at it.
func onRunner(name string) string {
	if name == "GITHUB_ACTIONS" {
		return "true"
	}
	return ""
}

func TestMask_is_for_runners_alone(t *testing.T) {
	var out bytes.Buffer
	runner.New(&out, func(string) string { return "" }).Mask("secret")
	if out.Len() > 0 {
		t.Errorf("outside a runner the command shows what it should hide: %q", &out)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	runner.New(file, onRunner).Mask("secret")
	if content, _ := os.ReadFile(file.Name()); len(content) > 0 {
		t.Errorf("in a file the command shows what it should hide: %q", content)
	}
}

func TestClean_finds_a_secret_that_is_divided(t *testing.T) {
	r := runner.New(&bytes.Buffer{}, onRunner)
	r.Learn("hunter22")
	if got := r.Clean("hun\x1bter\u202e22"); got != "***" {
		t.Errorf("%q shows the secret", got)
	}
}

func TestCommands(t *testing.T) {
	var out bytes.Buffer
	r := runner.New(&out, onRunner)
	r.Mask("one\ntwo\n")
	r.Group("verify")
	r.EndGroup()
	r.Annotate(runner.Annotation{Level: "error", Title: "a, b: c", Message: "50%\nnext", File: "k8s/app.yaml", Line: 7})
	r.Annotate(runner.Annotation{Level: "warning", Message: "no file", Line: 7})
	want := strings.Join([]string{
		"::add-mask::one",
		"::add-mask::two",
		"::group::verify",
		"::endgroup::",
		"::error file=k8s/app.yaml,line=7,title=a%2C b%3A c::50%25%0Anext",
		"::warning::no file",
		"",
	}, "\n")
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestSetOutput_a_value_cannot_set_another_output(t *testing.T) {
	file := filepath.Join(t.TempDir(), "output")
	r := runner.New(&bytes.Buffer{}, func(string) string { return file })
	if err := r.SetOutput("report", "x\n_GitHubActionsFileCommandDelimeter_\nverdict<<E\nok\nE"); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile(`^report<<(output_\w{26})\n(?s:.*)\n(output_\w{26})\n$`).FindSubmatch(content)
	if block == nil || string(block[1]) != string(block[2]) {
		t.Errorf("not one block with a random delimiter: %q", content)
	}
}

func TestSetOutput_a_file_that_cannot_be_written_is_an_error(t *testing.T) {
	r := runner.New(&bytes.Buffer{}, func(string) string { return filepath.Join(t.TempDir(), "no", "such", "folder") })
	if err := r.SetOutput("verdict", "ok"); err == nil {
		t.Error("no error")
	}
}

func TestSummaryRoom_is_what_earlier_commands_of_the_step_have_left(t *testing.T) {
	file := filepath.Join(t.TempDir(), "summary")
	r := runner.New(&bytes.Buffer{}, func(string) string { return file })
	for _, want := range []int{20, 7, 0} {
		room, err := r.SummaryRoom(20)
		if err != nil || room != want {
			t.Errorf("room for %d bytes, %v; want %d", room, err, want)
		}
		if err := r.Summarize("twelve bytes"); err != nil { // and a line's end
			t.Fatal(err)
		}
	}
}
