package machine

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/layer"
)

func TestRunInit(t *testing.T) {
	type result struct {
		Code   int
		Output string
		After  time.Duration
	}
	content := map[string]string{
		"bin/busybox": layer.ELF(layer.AMD64), "bin/sh": "->busybox", "bin/sleep": "->busybox", "bin/uname": "->busybox",
		"bin/env":  "->busybox",
		"bin/bash": layer.ELF(layer.AMD64), "bin/dash": layer.ELF(layer.AMD64), "bin/mkdir": layer.ELF(layer.AMD64),
		"app/good": layer.ELF(layer.AMD64), "app/wrong": layer.ELF(layer.ARM64), "app/old": elf32, "app/text": "echo hi\n",
		"app/entry.sh":   "#!/bin/sh\nset -e\nmkdir -p /data\n[ -f /etc/absent ] || exec \"$@\"\n",
		"app/orphan.py":  "#!/usr/bin/python3\nprint(1)\n",
		"app/env.sh":     "#!/bin/env bash\necho from bash\n",
		"app/envwrong":   "#!/bin/env /app/wrong\n",
		"app/writes.sh":  "#!/bin/sh\necho secret > /etc/config\ncat < /etc/passwd || echo no host file\n",
		"app/unreadable": "#!/bin/sh\nif then fi (\n",
	}
	for _, test := range []struct {
		name     string
		args     []string
		finishes bool
		want     result
	}{
		{"a_wrong_cpu", []string{"/app/wrong"}, false, result{255, "exec /app/wrong: exec format error\n", 0}},
		{"text_without_an_interpreter", []string{"/app/text"}, false, result{255, "exec /app/text: exec format error\n", 0}},
		{"a_missing_interpreter", []string{"/app/orphan.py"}, false,
			result{255, "exec /app/orphan.py: no such file or directory\n", 0}},
		{"a_fine_program_is_stopped", []string{"/app/good"}, false, result{0, fine("/app/good", "amd64"), time.Hour}},
		{"a_fine_program_of_a_job_ends", []string{"/app/good"}, true, result{0, fine("/app/good", "amd64"), 0}},
		{"a_32_bit_program", []string{"/app/old"}, true, result{0, fine("/app/old", "386"), 0}},
		{"sleep_takes_its_time", []string{"sh", "-c", "sleep 90; echo done"}, false, result{0, "done\n", 90 * time.Second}},
		{"a_shell_ignores_being_told_to_stop", []string{"sh", "-c", "sleep 2h"}, false, result{137, "", 90 * time.Minute}},
		{"an_exit_code", []string{"sh", "-c", "exit 3"}, false, result{3, "", 0}},
		{"an_entrypoint_hands_over_to_a_fine_program", []string{"/app/entry.sh", "/app/good"}, true,
			result{0, fine("/app/good", "amd64"), 0}},
		{
			"an_entrypoint_hands_over_to_a_wrong_one", []string{"/app/entry.sh", "/app/wrong"}, false,
			result{2, "/app/wrong: line 1: syntax error: unexpected word (expecting \")\")\n", 0},
		},
		{"bash_child", []string{"bash", "-c", "/app/wrong"}, false,
			result{126, "/bin/bash: line 1: /app/wrong: cannot execute binary file: Exec format error\n", 0}},
		{"dash_child", []string{"dash", "-c", "/app/wrong"}, false,
			result{126, "/bin/dash: 1: /app/wrong: Exec format error\n", 0}},
		{"dash_missing", []string{"dash", "-c", "nope; echo $?"}, false,
			result{0, "/bin/dash: 1: nope: not found\n127\n", 0}},
		{"a_pipe_and_a_substitution", []string{"sh", "-c", "echo $(uname -m) | while read m; do echo cpu $m; done"}, false,
			result{0, "cpu x86_64\n", 0}},
		{"env_finds_the_interpreter", []string{"/app/env.sh"}, false, result{0, "from bash\n", 0}},
		{"env_starts_a_wrong_interpreter", []string{"/app/envwrong"}, false,
			result{126, "env: '/app/wrong': Exec format error\n", 0}},
		{"command_v_looks_in_the_image_alone", []string{"sh", "-c", "command -v uname; command -v gofmt || echo none"}, false,
			result{0, "/bin/uname\nnone\n", 0}},
		{"files_of_the_host_are_out_of_reach", []string{"/app/writes.sh"}, false,
			result{0, "open /etc/passwd: file does not exist\nno host file\n", 0}},
		{"an_unreadable_script_counts_as_a_program", []string{"/app/unreadable"}, true,
			result{0, fine("/app/unreadable", "amd64"), 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				term := make(chan struct{})
				m := Machine{Files: NewFiles([]v1.Layer{layerOf(t, content)}), Arch: "amd64", ExecExit: 255,
					Finishes: test.finishes, Term: term}
				ctx, kill := context.WithTimeout(t.Context(), 90*time.Minute)
				defer kill()
				time.AfterFunc(time.Hour, func() { close(term) })
				var out bytes.Buffer
				begun := time.Now()
				code := m.RunInit(ctx, launch.Command{Args: test.args}, &out)
				got := result{code, out.String(), time.Since(begun)}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Error(diff)
				}
				time.Sleep(2 * time.Hour) // lets the timers end
			})
		})
	}
}

// layerOf has files by path: a value that starts with "->" is a symbolic link.
func layerOf(t *testing.T, files map[string]string) v1.Layer {
	t.Helper()
	var entries []layer.Entry
	for path, content := range files {
		if target, ok := strings.CutPrefix(content, "->"); ok {
			entries = append(entries, layer.Link(path, target))
			continue
		}
		entries = append(entries, layer.File(path, 0o755, content))
	}
	return layer.Of(t, entries...)
}

// elf32 is the header of a program for 32-bit x86.
const elf32 = "\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x03\x00" +
	"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x34\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

func fine(path, arch string) string {
	return "stand-in node: " + path + " is a linux/" + arch + " program and would run here; nothing was started\n"
}
