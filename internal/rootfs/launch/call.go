package launch

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// call follows one simple command: a program, or what the shell does itself.
func (s *script) call(ctx context.Context, c *syntax.CallExpr) (ended bool, err error) {
	if err := s.fs.Spend(ctx, 1+len(s.env)); err != nil {
		return false, err
	}
	if substitutes(c) {
		s.note("%s: commands in $(…)", s.name)
	}
	s.steps = 0
	args := s.words(c.Args)
	if err := s.fs.Spend(ctx, s.steps); err != nil {
		return false, err
	}
	if len(args) == 0 {
		if len(c.Args) == 0 {
			s.assign(c.Assigns)
		}
		return false, nil
	}
	return s.simple(ctx, args, s.withAssigned(c.Assigns))
}

// withAssigned is the environment of a command with assignments before it.
func (s *script) withAssigned(assigns []*syntax.Assign) map[string]string {
	if len(assigns) == 0 {
		return s.env
	}
	own := *s
	own.env, own.lost = maps.Clone(s.env), maps.Clone(s.lost)
	own.assign(assigns)
	return own.env
}

func (s *script) simple(ctx context.Context, args []string, env map[string]string) (ended bool, err error) {
	switch name := args[0]; name {
	case "exec":
		args = skipExecOptions(args[1:])
		if len(args) == 0 {
			return false, nil // only redirections
		}
		return true, s.program(ctx, args, env)
	case "command", "builtin", "nohup":
		if len(args) == 1 || strings.HasPrefix(args[1], "-") {
			return false, nil
		}
		return s.simple(ctx, args[1:], env)
	case "exit", "return":
		return true, nil
	case "cd", "set", "shift":
		s.builtin(name, args[1:])
		return false, nil
	case "eval", ".", "source":
		s.lose(lostParams, lostDir, "PATH")
		s.note("%s: what %s runs", s.name, name)
		return false, nil
	default:
		if isBuiltin(name) {
			return false, nil
		}
		return false, s.program(ctx, args, env)
	}
}

func isBuiltin(name string) bool {
	const builtins = " : true false echo printf test [ export readonly local declare umask ulimit trap read unset alias " +
		"unalias wait type hash kill pwd times getopts shopt let jobs fg bg break continue "
	return strings.Contains(builtins, " "+name+" ")
}

// builtin follows what changes how later commands are found.
func (s *script) builtin(name string, args []string) {
	known := len(args) > 0 && !strings.Contains(strings.Join(args, ""), unknown)
	switch {
	case name == "cd" && known && !s.isLost(lostDir):
		s.dir = absolute(args[0], s.dir)
	case name == "cd":
		s.lose(lostDir)
	case name == "shift" && len(args) == 0:
		s.params = s.params[min(1, len(s.params)):]
	case name == "shift":
		n, err := strconv.Atoi(args[0])
		if err != nil || n < 0 {
			s.lose(lostParams)
			return
		}
		s.params = s.params[min(n, len(s.params)):]
	case name == "set":
		s.set(args)
	}
}

// set gives new parameters, unless there are only options.
func (s *script) set(args []string) {
	operands, _ := shellOperands(args)
	if len(operands) > 0 || slices.Contains(args, "--") {
		s.params = operands
	}
}

// program follows a command that is a file of the image, if that is certain.
func (s *script) program(ctx context.Context, args []string, env map[string]string) error {
	what := s.name + ": " + shortened(args[0])
	relative := !strings.HasPrefix(args[0], "/")
	switch {
	case strings.Contains(args[0], unknown):
		s.note("%s: a command that depends on variables", s.name)
		return nil
	case s.functions[args[0]] != nil:
		s.passOnce(s.functions[args[0]])
		s.note("%s: its function %s", s.name, shortened(args[0]))
		return nil
	case s.mayEnd:
		s.note("%s: what comes after a condition that may end it", s.name)
		return nil
	case relative && strings.Contains(args[0], "/") && s.isLost(lostDir):
		s.note("%s: the folder it is in depends on variables", what)
		return nil
	case relative && !strings.Contains(args[0], "/") && s.isLost("PATH"):
		s.note("%s: the script's PATH depends on variables", what)
		return nil
	}
	return s.start(ctx, what, Command{Args: args, Env: list(env), Dir: s.dir})
}

// list writes an environment as a command gets it.
func list(env map[string]string) (list []string) {
	for _, key := range slices.Sorted(maps.Keys(env)) {
		list = append(list, key+"="+env[key])
	}
	return list
}

// passOnce spares a second look at a function that is called again.
func (s *script) passOnce(function *syntax.Stmt) {
	if !s.passed[function] {
		s.passed[function] = true
		s.pass(function)
	}
}

func skipExecOptions(args []string) []string {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if args[0] == "-a" && len(args) > 1 {
			args = args[1:]
		}
		args = args[1:]
	}
	return args
}

// substitutes finds commands that run to make the words of another one.
func substitutes(c *syntax.CallExpr) (found bool) {
	syntax.Walk(c, func(n syntax.Node) bool {
		switch n.(type) {
		case *syntax.CmdSubst, *syntax.ProcSubst:
			found = true
		}
		return !found
	})
	return found
}
