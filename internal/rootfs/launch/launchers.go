package launch

import (
	"slices"
	"strings"
)

// launcher describes a program that gives way to, or watches over, another one that it is given to start.
type launcher struct {
	// valued are the options that take the next argument for a value.
	valued []string
	// operands is how many arguments come before the command, such as gosu's user.
	operands int
}

func launcherOf(tool string) (launcher, bool) {
	switch tool {
	case "env":
		return launcher{valued: []string{"-u", "--unset", "-C", "--chdir"}}, true
	case "tini", "tini-static", "docker-init":
		return launcher{valued: []string{"-p", "-e"}}, true
	case "dumb-init":
		return launcher{valued: []string{"-r", "--rewrite"}}, true
	case "catatonit":
		return launcher{}, true
	case "gosu", "su-exec":
		return launcher{operands: 1}, true
	}
	return launcher{}, false
}

// launched is the command that a launcher is given to start. Its arguments come without its own name.
func launched(tool string, args []string, cmd Command) (Command, bool) {
	l, ok := launcherOf(tool)
	if !ok {
		return Command{}, false
	}
	args, split := l.skipOptions(args)
	args = args[min(l.operands, len(args)):]
	if tool == "env" {
		if split {
			args = strings.Fields(strings.Join(args, " "))
		}
		cmd.Env = slices.Clone(cmd.Env)
		for ; len(args) > 0 && strings.Contains(args[0], "="); args = args[1:] {
			cmd.Env = append(cmd.Env, args[0])
		}
	}
	cmd.Args = args
	return cmd, len(args) > 0
}

// skipOptions also handles env's -S, after which all the rest is one string.
func (l launcher) skipOptions(args []string) (rest []string, split bool) {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && args[0] != "-" {
		option := args[0]
		args = args[1:]
		switch text, isSplit := splitString(option); {
		case option == "--":
			return args, false
		case isSplit && text == "":
			return args, true
		case isSplit:
			return append([]string{text}, args...), true
		case slices.Contains(l.valued, option) && len(args) > 0:
			args = args[1:]
		}
	}
	return args, false
}

// splitString is for "#!/usr/bin/env -S node --flag", which Linux hands over as one argument.
func splitString(option string) (text string, ok bool) {
	if text, ok = strings.CutPrefix(option, "--split-string="); ok {
		return text, true
	}
	if text, ok = strings.CutPrefix(option, "-S"); ok {
		return strings.TrimSpace(text), true
	}
	return "", false
}
