package machine

import (
	"fmt"
	"io"
	"strings"
)

// shell is how one family of shells reports a command that it cannot start. The words and codes are those seen on
// real nodes, for commands run directly and by exec.
type shell struct {
	// refused is Linux's "exec format error".
	refused func(out io.Writer, f failure) int
	// missing is a command that is not there.
	missing func(out io.Writer, f failure) int
}

// failure is one command that did not start.
type failure struct {
	script  string // $0
	line    uint
	command string
	exec    bool
}

// shellOf returns the shell that a resolved path is, by its name: a link to busybox is busybox.
func shellOf(path, calledAs string) *shell {
	switch path[strings.LastIndexByte(path, '/')+1:] {
	case "bash":
		return &shell{refused: bashRefused, missing: bashMissing}
	case "dash":
		return &shell{refused: dashRefused, missing: dashMissing}
	case "busybox", "sh", "ash":
		if calledAs == "sh" || calledAs == "ash" {
			return &shell{refused: ashRefused, missing: ashMissing}
		}
	}
	return nil
}

// busybox takes what Linux refuses for a script, and fails to read it.
func ashRefused(out io.Writer, f failure) int {
	fmt.Fprintf(out, "%s: line 1: syntax error: unexpected word (expecting \")\")\n", f.command)
	return 2
}

func ashMissing(out io.Writer, f failure) int {
	if f.exec {
		fmt.Fprintf(out, "%s: exec: line %d: %s: not found\n", f.script, f.line, f.command)
		return 127
	}
	fmt.Fprintf(out, "%s: line %d: %s: not found\n", f.script, f.line, f.command)
	return 127
}

func bashRefused(out io.Writer, f failure) int {
	fmt.Fprintf(out, "%s: line %d: %s: cannot execute binary file: Exec format error\n", f.script, f.line, f.command)
	if f.exec {
		fmt.Fprintf(out, "%s: line %d: %s: Success\n", f.script, f.line, f.command)
	}
	return 126
}

func bashMissing(out io.Writer, f failure) int {
	switch {
	case strings.Contains(f.command, "/"):
		fmt.Fprintf(out, "%s: line %d: %s: No such file or directory\n", f.script, f.line, f.command)
	case f.exec:
		fmt.Fprintf(out, "%s: line %d: exec: %s: not found\n", f.script, f.line, f.command)
	default:
		fmt.Fprintf(out, "%s: line %d: %s: command not found\n", f.script, f.line, f.command)
	}
	return 127
}

func dashRefused(out io.Writer, f failure) int {
	fmt.Fprintf(out, "%s: %d: %s%s: Exec format error\n", f.script, f.line, execWord(f), f.command)
	return 126
}

func dashMissing(out io.Writer, f failure) int {
	fmt.Fprintf(out, "%s: %d: %s%s: not found\n", f.script, f.line, execWord(f), f.command)
	return 127
}

func execWord(f failure) string {
	if f.exec {
		return "exec: "
	}
	return ""
}
