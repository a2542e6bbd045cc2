package launch_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/layer"
)

func TestFind(t *testing.T) {
	type found struct {
		Path, File, Architecture string
		Args                     []string
		Scripts                  int
	}
	image := [][]layer.Entry{{
		layer.File("usr/bin/app", 0o755, layer.ELF(layer.AMD64)),
		layer.File("usr/local/bin/app", 0o644, "not executable, so PATH goes on"),
		layer.File("srv/app", 0o755, layer.ELF(layer.ARM64)),
		layer.Dir("srv/dir"),
		layer.File("bin/sh", 0o755, layer.ELF(layer.AMD64)),
		layer.File("bin/cut", 0o755, layer.ELF(layer.AMD64)[:20]),
		layer.File("bin/empty", 0o755, ""),
		layer.File("bin/text", 0o755, "echo no interpreter\n"),
		layer.File("entry.sh", 0o755, "#!/bin/sh -e -u\nexec app\n"),
		layer.File("outer", 0o755, "#! /entry.sh\n"),
		layer.File("windows.sh", 0o755, "#!/bin/sh\r\n"),
		layer.File("relative.sh", 0o755, "#!srv/app\n"),
		layer.File("1", 0o755, "#!/2\n"), layer.File("2", 0o755, "#!/3\n"), layer.File("3", 0o755, "#!/4\n"), layer.File("4",
			0o755, "#!/5\n"),
		layer.File("5", 0o755, "#!/bin/sh\n"), layer.File("6", 0o755, "#!/1\n"),
		layer.File("locked", 0o644, layer.ELF(layer.AMD64)),
	}}
	for _, test := range []struct {
		name string
		cmd  launch.Command
		want found
		err  error
	}{
		{
			name: "along_the_default_path",
			cmd:  launch.Command{Args: []string{"app", "-v"}},
			want: found{Path: "/usr/bin/app", File: "/usr/bin/app", Architecture: "amd64", Args: []string{"/usr/bin/app", "-v"}},
		},
		{
			name: "along_the_last_path_of_the_environment",
			cmd:  launch.Command{Args: []string{"app"}, Env: []string{"PATH=/bin", "PATH=/srv"}},
			want: found{Path: "/srv/app", File: "/srv/app", Architecture: "arm64", Args: []string{"/srv/app"}},
		},
		{
			name: "not_in_path",
			cmd:  launch.Command{Args: []string{"app"}, Env: []string{"PATH=/bin"}},
			err:  launch.ErrNotInPath,
		},
		{
			name: "relative_to_the_working_directory",
			cmd:  launch.Command{Args: []string{"./app"}, Dir: "/srv"},
			want: found{Path: "./app", File: "/srv/app", Architecture: "arm64", Args: []string{"./app"}},
		},
		{
			name: "an_interpreter_with_all_the_rest_as_one_argument",
			cmd:  launch.Command{Args: []string{"/entry.sh", "x"}},
			want: found{Path: "/entry.sh", File: "/bin/sh", Architecture: "amd64", Args: []string{"/bin/sh", "-e -u",
				"/entry.sh", "x"}, Scripts: 1},
		},
		{
			name: "an_interpreter_that_is_a_script",
			cmd:  launch.Command{Args: []string{"/outer"}},
			want: found{Path: "/outer", File: "/bin/sh", Architecture: "amd64", Args: []string{"/bin/sh", "-e -u", "/entry.sh",
				"/outer"}, Scripts: 2},
		},
		{
			name: "a_relative_interpreter_starts_at_the_working_directory",
			cmd:  launch.Command{Args: []string{"/relative.sh"}},
			want: found{Path: "/relative.sh", File: "/srv/app", Architecture: "arm64", Args: []string{"srv/app", "/relative.sh"},
				Scripts: 1},
		},
		{
			name: "five_scripts_deep",
			cmd:  launch.Command{Args: []string{"/1"}},
			want: found{Path: "/1", File: "/bin/sh", Architecture: "amd64", Args: []string{"/bin/sh", "/5", "/4", "/3", "/2",
				"/1"}, Scripts: 5},
		},
		{name: "six_scripts_deep", cmd: launch.Command{Args: []string{"/6"}}, err: rootfs.ErrLoop},
		{name: "a_carriage_return_belongs_to_the_interpreter", cmd: launch.Command{Args: []string{"/windows.sh"}},
			err: rootfs.ErrNotFound},
		{name: "missing", cmd: launch.Command{Args: []string{"/nope"}}, err: rootfs.ErrNotFound},
		{name: "a_directory", cmd: launch.Command{Args: []string{"/srv/dir"}}, err: rootfs.ErrIsDirectory},
		{name: "not_executable", cmd: launch.Command{Args: []string{"/locked"}}, err: rootfs.ErrNotExecutable},
		{
			name: "a_header_cut_short_is_no_program",
			cmd:  launch.Command{Args: []string{"/bin/cut"}},
			want: found{Path: "/bin/cut", File: "/bin/cut", Args: []string{"/bin/cut"}},
		},
		{
			name: "an_empty_file_is_no_program",
			cmd:  launch.Command{Args: []string{"/bin/empty"}},
			want: found{Path: "/bin/empty", File: "/bin/empty", Args: []string{"/bin/empty"}},
		},
		{
			name: "text_without_an_interpreter_is_no_program",
			cmd:  launch.Command{Args: []string{"/bin/text"}},
			want: found{Path: "/bin/text", File: "/bin/text", Args: []string{"/bin/text"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := launch.Find(t.Context(), fsOf(t, image), test.cmd)
			if !errors.Is(err, test.err) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			got := found{Path: p.Path, File: p.File.Path, Architecture: p.Architecture, Args: p.Args, Scripts: len(p.Scripts)}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFind_distinguishes_a_missing_interpreter_from_a_missing_command(t *testing.T) {
	fsys := fsOf(t, [][]layer.Entry{{layer.File("entry.py", 0o755, "#!/usr/bin/python3\n")}})
	var interpreter *launch.InterpreterError
	if _, err := launch.Find(t.Context(), fsys, launch.Command{Args: []string{"/entry.py"}}); !errors.As(err,
		&interpreter) {
		t.Errorf("missing interpreter: got %v, want an *InterpreterError", err)
	}
	if _, err := launch.Find(t.Context(), fsys, launch.Command{Args: []string{"/nope.py"}}); errors.As(err, &interpreter) {
		t.Errorf("missing command: got %v, want no *InterpreterError", err)
	}
}
