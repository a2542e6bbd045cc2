package launch_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/layer"
)

func TestLaunch(t *testing.T) {
	image := func(more ...layer.Entry) [][]layer.Entry {
		base := []layer.Entry{
			layer.File("bin/busybox", 0o755, layer.ELF(layer.AMD64)), layer.Link("bin/sh", "busybox"), layer.Link("bin/mkdir",
				"busybox"),
			layer.File("usr/bin/env", 0o755, layer.ELF(layer.AMD64)), layer.File("usr/bin/tini", 0o755,
				layer.ELF(layer.AMD64)), layer.File("usr/bin/gosu", 0o755, layer.ELF(layer.AMD64)),
			layer.File("bin/bash", 0o755, layer.ELF(layer.AMD64)), layer.File("opt/app", 0o755,
				layer.ELF(layer.ARM64)), layer.File("opt/other", 0o755, layer.ELF(layer.ARM64)),
		}
		return [][]layer.Entry{append(base, more...)}
	}
	script := func(text string) []layer.Entry {
		return []layer.Entry{layer.File("entry.sh", 0o755, "#!/bin/sh\n"+text)}
	}
	env := []string{"PATH=/opt:/usr/bin:/bin", "HOME=/opt", "APP=/opt/app"}
	const busybox, app, other = "/bin/busybox", "/opt/app", "/opt/other"
	for _, test := range []struct {
		name      string
		more      []layer.Entry
		args      string // separated by "¦"
		programs  []string
		unchecked []string
	}{
		{name: "a_binary", args: "app¦-v", programs: []string{app}},
		{name: "nothing", unchecked: []string{"its command: it names no program"}},
		{name: "a_missing_file", args: "/nope", unchecked: []string{"its command: /nope: no such file or directory"}},
		{name: "a_missing_interpreter", more: []layer.Entry{layer.File("x", 0o755, "#!/bin/zsh\n")}, args: "/x",
			unchecked: []string{"its command: interpreter of /x: /bin/zsh: no such file or directory"}},
		{name: "a_shell_alone", args: "sh", programs: []string{busybox}},
		{name: "a_shell_command", args: "sh¦-c¦app serve", programs: []string{busybox, app}},
		{name: "a_bash_with_options", args: "bash¦-euo¦pipefail¦-c¦exec app", programs: []string{"/bin/bash", app}},
		{name: "busybox_as_a_shell", args: "busybox¦sh¦-c¦app", programs: []string{busybox, app}},
		{name: "commands_in_turn", args: "sh¦-c¦mkdir -p /data && cd /opt; ./app | ./other", programs: []string{busybox, app,
			other}},
		{name: "a_folder_of_the_image", args: "sh¦-c¦cd $HOME/../ && exec opt/app", programs: []string{busybox, app}},
		{name: "a_variable_of_the_image", args: "sh¦-c¦exec \"${APP}\" $OPTIONS", programs: []string{busybox, app}},
		{name: "a_variable_of_the_script", args: "sh¦-c¦BIN=/opt; exec $BIN/other", programs: []string{busybox, other}},
		{name: "a_variable_of_neither", args: "sh¦-c¦exec $BIN", programs: []string{busybox},
			unchecked: []string{"its shell command: a command that depends on variables"}},
		{name: "a_variable_that_a_condition_sets", args: "sh¦-c¦[ -f /x ] && APP=/y; exec $APP", programs: []string{busybox},
			unchecked: []string{"its shell command: commands after a test or ||",
				"its shell command: a command that depends on variables"}},
		{name: "parameters", args: "sh¦-c¦exec $1 \"$@\"¦sh¦app", programs: []string{busybox, app}},
		{name: "all_parameters", more: script("set -eu\nexec \"$@\"\n"), args: "/entry.sh¦app¦-v", programs: []string{busybox,
			app}},
		{name: "shifted_parameters", more: script("shift; exec \"$@\"\n"), args: "/entry.sh¦x¦app",
			programs: []string{busybox, app}},
		{name: "new_parameters", more: script("set -- /opt/other \"$@\"\nexec \"$@\"\n"), args: "/entry.sh¦x",
			programs: []string{busybox, other}},
		{name: "parameters_that_a_condition_changes", more: script("if [ -z \"$1\" ]; then set -- other; fi\nexec \"$@\"\n"),
			args:     "/entry.sh¦app",
			programs: []string{busybox},
			unchecked: []string{"/entry.sh: commands in its conditions, loops and subshells",
				"/entry.sh: a command that depends on variables"}},
		{name: "a_condition_that_fails_the_start", more: script("[ -n \"$X\" ] || exit 1\nexec app\n"), args: "/entry.sh",
			programs: []string{busybox, app}, unchecked: []string{"/entry.sh: commands after a test or ||"}},
		{name: "a_condition_that_starts_another", more: script("case $(uname -m) in x86_64) exec other;; esac\nexec app\n"),
			args:     "/entry.sh",
			programs: []string{busybox},
			unchecked: []string{"/entry.sh: commands in its conditions, loops and subshells",
				"/entry.sh: what comes after a condition that may end it"}},
		{name: "a_function", more: script("main() { exec app; }\nmain\n"), args: "/entry.sh", programs: []string{busybox},
			unchecked: []string{"/entry.sh: its function main"}},
		{name: "a_sourced_file", more: script(". /etc/profile\nexec app\n"), args: "/entry.sh", programs: []string{busybox},
			unchecked: []string{"/entry.sh: what . runs", "/entry.sh: app: the script's PATH depends on variables"}},
		{name: "a_path_of_its_own", more: script("export PATH=/opt\nexec other\n"), args: "/entry.sh",
			programs: []string{busybox, other}},
		{name: "a_path_that_is_made", more: script("PATH=$(pwd)\nexec other\n"), args: "/entry.sh",
			programs:  []string{busybox},
			unchecked: []string{"/entry.sh: commands in $(…)", "/entry.sh: other: the script's PATH depends on variables"}},
		{name: "no_shell_script", args: "sh¦-c¦if then (", programs: []string{busybox},
			unchecked: []string{"its shell command: it cannot be read as a shell script (1:1: `if` must be followed by a " +
				"statement list)"}},
		{name: "a_script_that_is_too_long", more: script(strings.Repeat("#\n", rootfs.ScriptSize)), args: "/entry.sh",
			programs:  []string{busybox},
			unchecked: []string{"script /entry.sh: it has 131082 bytes, and at most 65536 are read of one file"}},
		{name: "a_script_given_to_a_shell", more: []layer.Entry{layer.File("run.sh", 0o644, strings.Repeat("# text\n",
			99)+"app\n")}, args: "sh¦/run.sh",
			programs: []string{busybox, app}},
		{name: "text_that_a_shell_takes_for_a_script", more: []layer.Entry{layer.File("opt/start", 0o755, "echo hello\n")},
			args:     "sh¦-c¦exec start",
			programs: []string{busybox}, unchecked: []string{"its shell command: start: it is a script without a #! line"}},
		{name: "text_that_nobody_takes_for_a_script", more: []layer.Entry{layer.File("opt/start", 0o755, "echo hello\n")},
			args: "start", programs: []string{"/opt/start"}},
		{name: "env", args: "/usr/bin/env¦-u¦X¦A=b¦app", programs: []string{"/usr/bin/env", app}},
		{name: "env_with_another_path", args: "env¦PATH=/bin¦app", programs: []string{"/usr/bin/env"},
			unchecked: []string{"what env starts: app: executable file not found in $PATH"}},
		{name: "env_in_the_first_line", more: []layer.Entry{layer.File("x", 0o755, "#!/usr/bin/env sh\napp\n")}, args: "/x",
			programs: []string{"/usr/bin/env", busybox, app}},
		{name: "env_that_splits_the_first_line", more: []layer.Entry{layer.File("x", 0o755,
			"#!/usr/bin/env -S app --flag\n")}, args: "/x", programs: []string{"/usr/bin/env", app}},
		{name: "an_init", args: "tini¦-p¦SIGTERM¦-g¦--¦gosu¦nobody¦app", programs: []string{"/usr/bin/tini", "/usr/bin/gosu",
			app}},
		{name: "a_circle", more: script("exec /entry.sh\n"), args: "/entry.sh", programs: []string{busybox},
			unchecked: []string{"what comes after 64 commands"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var args []string
			if test.args != "" {
				args = strings.Split(test.args, "¦")
			}
			got, err := launch.Trace(t.Context(), fsOf(t, image(test.more...)), "its command", launch.Command{Args: args,
				Env: env})
			if err != nil {
				t.Fatal(err)
			}
			var programs []string
			for _, p := range got.Programs {
				programs = append(programs, p.File.Path)
			}
			if diff := cmp.Diff(test.programs, programs); diff != "" {
				t.Errorf("programs (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.unchecked, got.Unchecked); diff != "" {
				t.Errorf("unchecked (-want +got):\n%s", diff)
			}
		})
	}
}
