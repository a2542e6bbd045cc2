package launch_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/layer"
)

// shells is an image of shells alone, with more entries.
func shells(t testing.TB, more ...layer.Entry) *rootfs.FS {
	t.Helper()
	return fsOf(t, [][]layer.Entry{append([]layer.Entry{layer.File("bin/sh", 0o755, layer.ELF(layer.AMD64))}, more...)})
}

// Each of these took the program down, or its memory, or minutes.
func TestTrace_bounds_what_scripts_can_make_it_do(t *testing.T) {
	const nested = "its shell command: it cannot be read as a shell script (it nests too deep)"
	tests := []struct {
		name, script string
		want         []string // unchecked; nil is anything
	}{
		{"120000_parentheses", strings.Repeat("(", 120_000),
			[]string{"its shell command: it has 120000 bytes, and at most 65536 are read"}},
		{"60000_parentheses", strings.Repeat("(", 60_000), []string{nested}},
		{"substitutions", strings.Repeat("$(", 30_000), []string{nested}},
		{"substitutions_in_quotes", strings.Repeat("\"$(", 20_000), []string{nested}},
		{"braces", strings.Repeat("{ ", 30_000), []string{nested}},
		{"conditions", strings.Repeat("if ", 20_000), []string{nested}},
		{"arithmetic", "((" + strings.Repeat("-(", 30_000), []string{nested}},
		{"arithmetic_without_parentheses", "((" + strings.Repeat("-", 60_000), nil},
		{"negations", "[[ " + strings.Repeat("! ", 30_000), nil},
		{"defaults", strings.Repeat("${a:-", 13_000), []string{nested}},
		{"a_long_chain", strings.Repeat("a&&", 21_000) + "a", nil},
		{"a_long_pipe", strings.Repeat("a|", 32_000) + "a", nil},
		{"doubled_variables", "a=aaaaaaaaaaaaaaaa\n" + strings.Repeat("a=$a$a\n", 9_000) + "exec $a",
			[]string{"its shell command: a command that depends on variables"}},
		{"doubled_variables_in_quotes", "a=aaaaaaaaaaaaaaaa\n" + strings.Repeat("a=\"$a$a\"\n", 7_000) + "exec $a",
			[]string{"its shell command: a command that depends on variables"}},
		{"doubled_parameters", "set -- 1 2\n" + strings.Repeat("set -- \"$@\" \"$@\"\n", 3_500) + "exec $1", nil},
		{"many_variables", func() string {
			var b strings.Builder
			for i := range 9_000 {
				fmt.Fprintf(&b, "a%d=b\n", i)
			}
			return b.String()
		}(), nil},
		{"a_function_called_often", "f(){ " + strings.Repeat("a;", 15_000) + "};" + strings.Repeat("f;", 15_000),
			[]string{"its shell command: its function f"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			began := time.Now()
			cmd := launch.Command{Args: []string{"sh", "-c", test.script}}
			if len(test.script) >= rootfs.MaxArg {
				t.Fatal("no kernel takes it")
			}
			started, err := launch.Trace(t.Context(), shells(t), "its command", cmd)
			if limit := (*rootfs.LimitError)(nil); err != nil && !errors.As(err, &limit) {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, started.Unchecked); test.want != nil && diff != "" {
				t.Errorf("unchecked (-want +got):\n%s", diff)
			}
			if took := time.Since(began); took > 3*time.Minute {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestTrace_refuses_what_no_kernel_starts(t *testing.T) {
	many := make([]string, 300_000)
	for i := range many {
		many[i] = "A=B"
	}
	for name, cmd := range map[string]launch.Command{
		"a_long_argument":    {Args: []string{"sh", "-c", strings.Repeat("(", 150_000)}},
		"a_long_PATH":        {Args: []string{"sh"}, Env: []string{"PATH=" + strings.Repeat("/a:", 50_000)}},
		"a_long_environment": {Args: []string{"sh"}, Env: many},
	} {
		started, err := launch.Trace(t.Context(), shells(t), "its command", cmd)
		want := []string{"its command: sh: argument list too long"}
		if diff := cmp.Diff(want, started.Unchecked); diff != "" || err != nil {
			t.Errorf("%s: error %v, unchecked (-want +got):\n%s", name, err, diff)
		}
	}
}

// 20,000 directories to look into, in each of 127 layers, took two minutes.
func TestTrace_of_a_long_PATH_over_many_layers(t *testing.T) {
	layers := make([][]layer.Entry, 127)
	for i := range layers {
		layers[i] = []layer.Entry{layer.File(fmt.Sprintf("etc/%d", i), 0o644, "")}
	}
	var path strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&path, ":/%d", i)
	}
	began := time.Now()
	_, err := launch.Trace(t.Context(), fsOf(t, layers), "its command", launch.Command{Args: []string{"app"},
		Env: []string{"PATH=" + path.String()}})
	if limit := (*rootfs.LimitError)(nil); err != nil && !errors.As(err, &limit) {
		t.Errorf("got error %v, want none or that of a limit", err)
	}
	if took := time.Since(began); took > 3*time.Minute {
		t.Errorf("it took %s", took)
	}
}

func TestTrace_ends_when_interrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	_, err := launch.Trace(ctx, shells(t), "its command", launch.Command{Args: []string{"sh", "-c", "app"}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want that of the context", err)
	}
}

// The parser's calls may fill a part of the stack, not a gigabyte.
func TestTrace_keeps_the_stack_small(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := launch.Trace(t.Context(), shells(t), "its command", launch.Command{Args: []string{"sh", "-c",
		strings.Repeat("(", 60_000)}})
	runtime.ReadMemStats(&after)
	if grown := after.StackSys - min(before.StackSys, after.StackSys); err != nil || grown > 32<<20 {
		t.Errorf("error %v, the stacks grew by %d bytes", err, grown)
	}
}

// The parser reads shells that this program does not follow, and leaves out there what the others always have.
func TestTrace_of_a_script_that_is_of_another_shell(t *testing.T) {
	for _, script := range []string{"()0", "() { exec app; }", "function { app; }", "echo ${} ${(f)x} ${${x}}",
		"$[1] $(()) <()"} {
		if _, err := launch.Trace(t.Context(), shells(t), "its command",
			launch.Command{Args: []string{"sh", "-c", script}}); err != nil {
			t.Errorf("%s: %v", script, err)
		}
	}
}

func FuzzTrace(f *testing.F) {
	for _, script := range []string{
		"exec app serve", "set -eu\nexec \"$@\"\n", "[ -f /x ] && APP=/y; exec $APP", "case $(uname -m) in x86_64) exec " +
			"other;; esac",
		"main() { exec app; }\nmain\n", "cd /opt; ./app | ./other", "a=$a$a; export PATH=/opt; exec ${a:-b}",
		"()0", "() { exec app; }", "${}", "shift 2; set -- a \"$@\"; eval x",
	} {
		f.Add(script, "/opt/app", "PATH=/opt:/bin")
	}
	f.Fuzz(func(t *testing.T, script, arg, env string) {
		fsys := shells(t, layer.File("opt/app", 0o755, layer.ELF(layer.ARM64)), layer.File("entry.sh", 0o755,
			"#!/bin/sh\n"+script))
		for _, args := range [][]string{{"sh", "-c", script, arg}, {"/entry.sh", arg}, {arg, script}} {
			_, err := launch.Trace(t.Context(), fsys, "its command", launch.Command{Args: args, Env: []string{env}})
			if limit := (*rootfs.LimitError)(nil); err != nil && !errors.As(err, &limit) {
				t.Fatal(err)
			}
		}
	})
}
