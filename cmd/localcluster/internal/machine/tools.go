package machine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// tool plays a small program whose effect a pod's status or log depends on.
type tool func(context.Context, Machine, process) int

// toolNamed returns the tool of a name, or nil. A tool must exist in the image, built for the node's CPU, like any
// other program.
func toolNamed(name string) tool {
	switch name {
	case "true":
		return func(context.Context, Machine, process) int { return 0 }
	case "false":
		return func(context.Context, Machine, process) int { return 1 }
	case "echo":
		return echo
	case "uname":
		return uname
	case "sleep":
		return sleep
	case "env":
		return env
	}
	return nil
}

func echo(_ context.Context, _ Machine, p process) int {
	fmt.Fprintln(p.out, strings.Join(p.args(), " "))
	return 0
}

// uname knows the kernel's name and the machine, which is what scripts ask for.
func uname(_ context.Context, m Machine, p process) int {
	if len(p.args()) == 1 && p.args()[0] == "-m" {
		fmt.Fprintln(p.out, unameMachine(m.Arch))
		return 0
	}
	fmt.Fprintln(p.out, "Linux")
	return 0
}

func unameMachine(goarch string) string {
	switch goarch {
	case "amd64":
		return "x86_64"
	case "arm64":
		return "aarch64"
	case "386":
		return "i686"
	case "arm":
		return "armv7l"
	}
	return goarch
}

// sleep is played in real time.
func sleep(ctx context.Context, _ Machine, p process) int {
	var total time.Duration
	for _, arg := range p.args() {
		d, err := sleepTime(arg)
		if err != nil {
			fmt.Fprintf(p.err, "sleep: invalid time interval '%s'\n", arg)
			return 1
		}
		total += d
	}
	select {
	case <-ctx.Done():
		return Killed
	case <-time.After(total):
		return 0
	}
}

// sleepTime reads seconds or a number with a unit, such as "1.5", "10m" or "infinity".
func sleepTime(arg string) (time.Duration, error) {
	const forever = 100 * 365 * 24 * time.Hour
	if arg == "infinity" || arg == "inf" {
		return forever, nil
	}
	unit := time.Second
	for suffix, d := range map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour,
		"d": 24 * time.Hour} {
		if rest, ok := strings.CutSuffix(arg, suffix); ok {
			arg, unit = rest, d
		}
	}
	n, err := strconv.ParseFloat(arg, 64)
	return min(time.Duration(n*float64(unit)), forever), err
}

// env starts the command behind its assignments, most often the interpreter of a script ("#!/usr/bin/env bash").
func env(ctx context.Context, m Machine, p process) int {
	cmd := p.cmd
	cmd.Env = append([]string(nil), cmd.Env...)
	args := p.args()
	for ; len(args) > 0 && strings.Contains(args[0], "="); args = args[1:] {
		cmd.Env = append(cmd.Env, args[0])
	}
	if len(args) == 0 {
		fmt.Fprintln(p.out, strings.Join(cmd.Env, "\n"))
		return 0
	}
	cmd.Args = args
	program, err := m.Load(ctx, cmd)
	switch {
	case errors.Is(err, ErrFormat):
		fmt.Fprintf(p.err, "env: '%s': Exec format error\n", args[0])
		return 126
	case err != nil:
		fmt.Fprintf(p.err, "env: '%s': No such file or directory\n", args[0])
		return 127
	}
	p.cmd, p.program = cmd, program
	return m.run(ctx, p)
}

// endsAtOnce reports whether a program, called by a script, is one of the everyday tools that do their work and end.
// They are taken to succeed, without output.
func endsAtOnce(name string) bool {
	const everyday = " addgroup adduser apk apt-get awk basename cat chgrp chmod chown chpasswd cp cut date dd dirname " +
		"du expr find getent " +
		"grep groupadd gunzip gzip head hostname id install ldconfig ln locale-gen ls mkdir mktemp mv nproc printenv " +
		"readlink realpath rm " +
		"rmdir sed seq sort stat tail tar tee touch tr truncate uniq update-ca-certificates useradd usermod wc which " +
		"whoami xargs "
	return strings.Contains(everyday, " "+name+" ")
}
