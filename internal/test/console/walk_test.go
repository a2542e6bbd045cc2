package console_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/console"
)

// small is a page with all that pages use.
const small = "Text with `$ words`.\n" +
	"```console\n$ mkdir -p shop && cd shop\n$ cat > app.yaml <<EOF\nkind: App\nEOF\n$ cat app.yaml\nkind: App\n```\n" +
	"```console server\n$ echo listening; cat\nlistening\n```\n" +
	"```sh\n$ not a session\n```\n" +
	"```console\n$ printf %s \\\n    'no newline'\nno newline\n$ (echo out; echo err >&2; exit 3)\nout\nerr\n$ echo " +
	"$?\n3\n" +
	"$ seq 9; echo took 0.7s\n1\n…\n8\n9\ntook 1.2s\n```\n"

func walk(t *testing.T) console.Walk {
	t.Helper()
	return console.Walk{Dir: t.TempDir(), Env: os.Environ(), Timeout: 10 * time.Second}
}

func TestRun_finds_a_true_page_true(t *testing.T) {
	page := console.Parse(small)
	differences, err := walk(t).Run(page)
	if err != nil || len(differences) > 0 {
		t.Errorf("differences %+v, error %v", differences, err)
	}
	if diff := cmp.Diff(small, page.String()); diff != "" {
		t.Errorf("the page changed (-before +after):\n%s", diff)
	}
}

// Each change of one word of what a command prints must be found, and put right.
func TestRun_finds_every_lie(t *testing.T) {
	for lie, truth := range map[string]string{
		"kind: Lie\n```":      "kind: App\n```",
		"$ echo $?\n0\n":      "$ echo $?\n3\n",
		"\nout\n$":            "\nout\nerr\n$",
		"\nout\nerr\nmore\n$": "\nout\nerr\n$",
		"\n7\n9\n":            "\n8\n9\n",
		"no newlines\n":       "no newline\n",
	} {
		t.Run(strings.TrimSpace(lie), func(t *testing.T) {
			if strings.Count(small, truth) != 1 {
				t.Fatalf("the page has not one %q", truth)
			}
			page := console.Parse(strings.Replace(small, truth, lie, 1))
			differences, err := walk(t).Run(page)
			if err != nil || len(differences) != 1 {
				t.Fatalf("differences %+v, error %v; want one difference", differences, err)
			}
			if again, err := walk(t).Run(page); err != nil || len(again) > 0 {
				t.Errorf("the page put right still differs: %+v, %v", again, err)
			}
		})
	}
}

func TestRun_types_what_stands_for_something_else(t *testing.T) {
	w := walk(t)
	w.Stands = []string{"HOST:5000", "127.0.0.1:6123"}
	page := console.Parse("```console\n$ echo HOST:5000 | tr 0-9 a-j\nbch.a.a.b:gbcd\n$ echo HOST:5000\nHOST:5000\n```\n")
	if differences, err := w.Run(page); err != nil || len(differences) > 0 {
		t.Errorf("differences %+v, error %v", differences, err)
	}
}

func TestRun_tells_of_a_command_that_does_not_end(t *testing.T) {
	w := walk(t)
	w.Timeout = 100 * time.Millisecond
	_, err := w.Run(console.Parse("Text.\n```console\n$ echo so far; sleep 1\n```\n"))
	if err == nil || !strings.Contains(err.Error(), "line 3, $ echo so far; sleep 1: it has not come to ") ||
		!strings.HasSuffix(err.Error(), "\nso far\n") {
		t.Errorf("error %v", err)
	}
}

func TestSame(t *testing.T) {
	for _, test := range []struct {
		name, page, output string
		want               bool
	}{
		{"a_pods_name", "pod/app-amd64-78cbbdf7f-9lvm5 created\n", "pod/app-amd64-6c4d9f8b7c-x2x4q created\n", true},
		{"another_workload", "pod/app-amd64-78cbbdf7f-9lvm5\n", "pod/app-multi-78cbbdf7f-9lvm5\n", false},
		{"a_nodes_name", "aks-arm64-27018454-vmss000000\n", "aks-amd64-39196772-vmss000000\n", false},
		{"restarts_and_age", "0/1  CrashLoopBackOff  1 (4s ago)  9s\n", "0/1   CrashLoopBackOff   3 (12s ago)   1m2s \n",
			true},
		{"a_state", "0/1   CrashLoopBackOff\n", "0/1   Error\n", false},
		{"a_count", "2/4 ready\n", "3/4 ready\n", false},
		{"another_pod_of_several", "Pod ns/app-78cbbdf7f-9lvm5 on n-1 (arm64): exec\n",
			"Pod ns/app-78cbbdf7f-x2x4q on n-2 (arm64): exec\n", true},
		{"a_digest", "sha256:984961dcfa07\n", "sha256:b40f2d9529e0\n", true},
		{"a_long_step_and_its_status", "▸ Watch\nok\n", "▸ Watch\n  app 4/4 ready, settling\n  5.6s\nok\n", true},
		{"a_resource", "cpu: 50m\n", "cpu: 60m\n", false},
		{"indented_otherwise", "  spec:\n", "    spec:\n", false},
		{"lines_left_out_at_the_end", "1\n…\n", "1\n2\n3\n", true},
		{"nothing_left_out", "1\n…\n2\n", "1\n2\n", true},
		{"half_a_line_left_out", "1\n…\nb\n", "1\na b\n", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := console.Same(test.page, test.output); got != test.want {
				t.Errorf("same: %t, want %t", got, test.want)
			}
		})
	}
}
