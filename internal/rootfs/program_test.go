package rootfs

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFind(t *testing.T) {
	type found struct {
		Path, File, Architecture string
		Args                     []string
		Scripts                  int
	}
	image := [][]tarEntry{{
		file("usr/bin/app", 0o755, elfHeader(x86)),
		file("usr/local/bin/app", 0o644, "not executable, so PATH goes on"),
		file("srv/app", 0o755, elfHeader(arm8)),
		dir("srv/dir"),
		file("bin/sh", 0o755, elfHeader(x86)),
		file("bin/cut", 0o755, elfHeader(x86)[:20]),
		file("bin/empty", 0o755, ""),
		file("bin/text", 0o755, "echo no interpreter\n"),
		file("entry.sh", 0o755, "#!/bin/sh -e -u\nexec app\n"),
		file("outer", 0o755, "#! /entry.sh\n"),
		file("windows.sh", 0o755, "#!/bin/sh\r\n"),
		file("relative.sh", 0o755, "#!srv/app\n"),
		file("1", 0o755, "#!/2\n"), file("2", 0o755, "#!/3\n"), file("3", 0o755, "#!/4\n"), file("4", 0o755, "#!/5\n"),
		file("5", 0o755, "#!/bin/sh\n"), file("6", 0o755, "#!/1\n"),
		file("locked", 0o644, elfHeader(x86)),
	}}
	for _, tc := range []struct {
		name string
		cmd  Command
		want found
		err  error
	}{
		{
			name: "along_the_default_path",
			cmd:  Command{Args: []string{"app", "-v"}},
			want: found{Path: "/usr/bin/app", File: "/usr/bin/app", Architecture: "amd64", Args: []string{"/usr/bin/app", "-v"}},
		},
		{
			name: "along_the_last_path_of_the_environment",
			cmd:  Command{Args: []string{"app"}, Env: []string{"PATH=/bin", "PATH=/srv"}},
			want: found{Path: "/srv/app", File: "/srv/app", Architecture: "arm64", Args: []string{"/srv/app"}},
		},
		{
			name: "not_in_path",
			cmd:  Command{Args: []string{"app"}, Env: []string{"PATH=/bin"}},
			err:  ErrNotInPath,
		},
		{
			name: "relative_to_the_working_directory",
			cmd:  Command{Args: []string{"./app"}, Dir: "/srv"},
			want: found{Path: "./app", File: "/srv/app", Architecture: "arm64", Args: []string{"./app"}},
		},
		{
			name: "an_interpreter_with_all_the_rest_as_one_argument",
			cmd:  Command{Args: []string{"/entry.sh", "x"}},
			want: found{Path: "/entry.sh", File: "/bin/sh", Architecture: "amd64", Args: []string{"/bin/sh", "-e -u", "/entry.sh", "x"}, Scripts: 1},
		},
		{
			name: "an_interpreter_that_is_a_script",
			cmd:  Command{Args: []string{"/outer"}},
			want: found{Path: "/outer", File: "/bin/sh", Architecture: "amd64", Args: []string{"/bin/sh", "-e -u", "/entry.sh", "/outer"}, Scripts: 2},
		},
		{
			name: "a_relative_interpreter_starts_at_the_working_directory",
			cmd:  Command{Args: []string{"/relative.sh"}},
			want: found{Path: "/relative.sh", File: "/srv/app", Architecture: "arm64", Args: []string{"srv/app", "/relative.sh"}, Scripts: 1},
		},
		{
			name: "five_scripts_deep",
			cmd:  Command{Args: []string{"/1"}},
			want: found{Path: "/1", File: "/bin/sh", Architecture: "amd64", Args: []string{"/bin/sh", "/5", "/4", "/3", "/2", "/1"}, Scripts: 5},
		},
		{name: "six_scripts_deep", cmd: Command{Args: []string{"/6"}}, err: ErrLoop},
		{name: "a_carriage_return_belongs_to_the_interpreter", cmd: Command{Args: []string{"/windows.sh"}}, err: ErrNotFound},
		{name: "missing", cmd: Command{Args: []string{"/nope"}}, err: ErrNotFound},
		{name: "a_directory", cmd: Command{Args: []string{"/srv/dir"}}, err: ErrIsDirectory},
		{name: "not_executable", cmd: Command{Args: []string{"/locked"}}, err: ErrNotExecutable},
		{
			name: "a_header_cut_short_is_no_program",
			cmd:  Command{Args: []string{"/bin/cut"}},
			want: found{Path: "/bin/cut", File: "/bin/cut", Args: []string{"/bin/cut"}},
		},
		{
			name: "an_empty_file_is_no_program",
			cmd:  Command{Args: []string{"/bin/empty"}},
			want: found{Path: "/bin/empty", File: "/bin/empty", Args: []string{"/bin/empty"}},
		},
		{
			name: "text_without_an_interpreter_is_no_program",
			cmd:  Command{Args: []string{"/bin/text"}},
			want: found{Path: "/bin/text", File: "/bin/text", Args: []string{"/bin/text"}},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, err := fsOf(t, image).Find(tc.cmd)
			if !errors.Is(err, tc.err) {
				t.Fatalf("error %v, want %v", err, tc.err)
			}
			got := found{Path: p.Path, File: p.File.Path, Architecture: p.Architecture, Args: p.Args, Scripts: len(p.Scripts)}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFindTellsAMissingInterpreterFromAMissingCommand(t *testing.T) {
	fsys := fsOf(t, [][]tarEntry{{file("entry.py", 0o755, "#!/usr/bin/python3\n")}})
	var interpreter *InterpreterError
	if _, err := fsys.Find(Command{Args: []string{"/entry.py"}}); !errors.As(err, &interpreter) {
		t.Errorf("missing interpreter: got %v, want an *InterpreterError", err)
	}
	if _, err := fsys.Find(Command{Args: []string{"/nope.py"}}); errors.As(err, &interpreter) {
		t.Errorf("missing command: got %v, want no *InterpreterError", err)
	}
}

func TestHeadsAreKeptAsFarAsTheyCanMatter(t *testing.T) {
	comments := strings.Repeat("# a comment\n", 1000)
	long := strings.Repeat(comments, 10)
	fsys := fsOf(t, [][]tarEntry{{
		file("script", 0o755, "#!/bin/sh\n"+comments), file("start.sh", 0o644, comments), file("large.sh", 0o644, long),
		file("binary", 0o755, elfHeader(x86)+long), file("other", 0o755, long), file("data", 0o644, long), file("small", 0o644, "x=1"),
	}})
	for name, want := range map[string]int{
		"script": 10 + len(comments), "start.sh": len(comments), "large.sh": scriptSize,
		"binary": elfSize, "other": headSize, "data": 0, "small": 3,
	} {
		got, err := fsys.Stat(name)
		if err != nil || len(got.Head) != want {
			t.Errorf("%s: %d of %d bytes kept, %v; want %d", name, len(got.Head), got.Size, err, want)
		}
	}
}
