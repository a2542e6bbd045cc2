package machine

import (
	"context"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// script is what a shell was asked to run.
type script struct {
	shell  *shell
	name   string   // $0
	params []string // options, then "--", then $1 and so on
	file   *syntax.File
}

// readScript works out what a shell would run. It fails for programs that are no shell, for scripts it cannot read, and
// for what the interpreter could only do with the host's help; such a process counts as a fine program.
func (m Machine) readScript(ctx context.Context, p process) (script, bool) {
	s := script{shell: shellOf(p.program.File.Path, p.name())}
	if s.shell == nil {
		return s, false
	}
	text, ok := m.scriptText(ctx, &s, p)
	if !ok {
		return s, false
	}
	var err error
	s.file, err = syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), s.name)
	return s, err == nil && !usesPipes(s.file)
}

// scriptText reads a shell's command line: options, then "-c text [name]" or the path of a script.
func (m Machine) scriptText(ctx context.Context, s *script, p process) (string, bool) {
	args, fromArgs := p.args(), false
	for ; len(args) > 0 && strings.HasPrefix(args[0], "-") && len(args[0]) > 1; args = args[1:] {
		if args[0] == "--" {
			args = args[1:]
			break
		}
		fromArgs = fromArgs || strings.Contains(args[0], "c")
		for _, letter := range args[0][1:] {
			if strings.ContainsRune("eufn", letter) {
				s.params = append(s.params, "-"+string(letter))
			}
		}
	}
	if len(args) == 0 {
		return "", false
	}
	s.name = args[0]
	rest := args[1:]
	if fromArgs {
		s.name = p.program.Args[0]
		if len(rest) > 0 {
			s.name, rest = rest[0], rest[1:]
		}
	}
	s.params = append(append(s.params, "--"), rest...)
	if fromArgs {
		return args[0], true
	}
	file, err := m.Files.Stat(ctx, inDir(p.cmd.Dir, args[0]))
	return string(file.Head), err == nil && file.Whole()
}

// usesPipes finds process substitution, for which the interpreter would make named pipes on the host.
func usesPipes(file *syntax.File) (found bool) {
	syntax.Walk(file, func(n syntax.Node) bool {
		if _, ok := n.(*syntax.ProcSubst); ok {
			found = true
		}
		return !found
	})
	return found
}

func inDir(dir, name string) string {
	if strings.HasPrefix(name, "/") {
		return name
	}
	return dir + "/" + name
}
