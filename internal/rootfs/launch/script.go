package launch

import (
	"context"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// script follows the plain commands of a shell script: those that run whenever it does.
type script struct {
	*tracer
	name   string
	params []string // $1 and so on
	dir    string
	env    map[string]string
	size   int // of what was assigned, in bytes
	steps  int // of the last words
	// lost are what a part of the script that was not followed may have changed: lostParams, lostDir, or variables.
	lost map[string]bool
	// functions are not followed, but shadow programs; passed are those whose effects are known.
	functions map[string]*syntax.Stmt
	passed    map[*syntax.Stmt]bool
	// tests remembers which commands ask a question.
	tests map[*syntax.Stmt]bool
	// mayEnd: a part that was not followed may have started something else and ended the script.
	mayEnd bool
}

func newScript(t *tracer, name string, params []string, cmd Command) *script {
	s := &script{
		tracer: t, name: name, params: params, dir: cmd.Dir, env: map[string]string{}, lost: map[string]bool{},
		functions: map[string]*syntax.Stmt{}, passed: map[*syntax.Stmt]bool{}, tests: map[*syntax.Stmt]bool{},
	}
	for _, kv := range cmd.Env {
		key, value, _ := strings.Cut(kv, "=")
		s.env[key] = value
	}
	return s
}

const (
	lostParams = "@"
	lostDir    = "."
	// unknown is in a word what only a run could show.
	unknown = "\x00"
)

// run follows statements in turn. Ended is true when none could come after.
func (s *script) run(ctx context.Context, statements []*syntax.Stmt) (ended bool, err error) {
	for _, statement := range statements {
		if ended, err = s.command(ctx, statement.Cmd); ended || err != nil {
			return ended, err
		}
	}
	return false, nil
}

func (s *script) command(ctx context.Context, command syntax.Command) (ended bool, err error) {
	switch c := command.(type) {
	case nil:
		return false, nil // only redirections
	case *syntax.CallExpr:
		return s.call(ctx, c)
	case *syntax.DeclClause:
		s.assign(c.Args)
		return false, nil
	case *syntax.Block:
		return s.run(ctx, c.Stmts)
	case *syntax.FuncDecl:
		if c.Name == nil { // "() { app; }", of which the parser makes a function without a name
			break
		}
		s.functions[c.Name.Value] = c.Body
		return false, nil
	case *syntax.BinaryCmd:
		return s.binary(ctx, c)
	case *syntax.TestClause, *syntax.ArithmCmd:
		return false, nil
	}
	s.pass(command)
	s.note("%s: commands in its conditions, loops and subshells", s.name)
	return false, nil
}

// binary follows both sides of && and |. What comes after || runs only when something went wrong, and what
// comes after a test only when that is true: a script may well choose a binary so.
func (s *script) binary(ctx context.Context, c *syntax.BinaryCmd) (ended bool, err error) {
	if ended, err = s.command(ctx, c.X.Cmd); ended || err != nil {
		return ended && c.Op != syntax.Pipe && c.Op != syntax.PipeAll, err
	}
	if c.Op == syntax.OrStmt || (c.Op == syntax.AndStmt && s.isTest(c.X)) {
		s.pass(c.Y)
		s.note("%s: commands after a test or ||", s.name)
		return false, nil
	}
	_, err = s.command(ctx, c.Y.Cmd)
	return false, err
}

// isTest reports whether a command asks a question, in place of doing something.
func (s *script) isTest(statement *syntax.Stmt) bool {
	known, ok := s.tests[statement]
	if !ok {
		known = s.asks(statement)
		s.tests[statement] = known
	}
	return known
}

func (s *script) asks(statement *syntax.Stmt) bool {
	switch c := statement.Cmd.(type) {
	case *syntax.TestClause, *syntax.ArithmCmd:
		return true
	case *syntax.BinaryCmd:
		return s.isTest(c.X) || s.isTest(c.Y)
	case *syntax.CallExpr:
		const questions = " [ test false command type hash which grep egrep fgrep expr cmp diff pgrep id uname "
		return statement.Negated || (len(c.Args) > 0 && strings.Contains(questions, " "+c.Args[0].Lit()+" "))
	}
	return statement.Negated
}

// pass notes what a part that is not followed could change for what comes after it.
func (s *script) pass(part syntax.Node) {
	syntax.Walk(part, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			if n.Name != nil {
				s.lose(n.Name.Value)
			}
		case *syntax.CallExpr:
			s.called(n)
		}
		return true
	})
}

// called notes what a command that may run changes.
func (s *script) called(c *syntax.CallExpr) {
	if len(c.Args) == 0 {
		return
	}
	switch c.Args[0].Lit() {
	case "set", "shift":
		s.lose(lostParams)
	case "cd", "pushd":
		s.lose(lostDir)
	case "eval", ".", "source":
		s.lose(lostParams, lostDir, "PATH")
	case "exec":
		s.mayEnd = true
	case "exit", "return":
		// A failure starts nothing else.
		s.mayEnd = s.mayEnd || len(c.Args) == 1 || c.Args[1].Lit() == "0"
	}
}

func (s *script) isLost(what string) bool { return s.lost[what] }

func (s *script) lose(names ...string) {
	for _, name := range names {
		s.lost[name] = true
	}
}

// assign follows variables that are set to plain text.
func (s *script) assign(assigns []*syntax.Assign) {
	for _, a := range assigns {
		if a.Name == nil || a.Naked {
			continue
		}
		value := strings.Join(s.word(a.Value), " ")
		if a.Append || a.Array != nil || strings.Contains(value, unknown) {
			s.lose(a.Name.Value)
			continue
		}
		if s.size += len(a.Name.Value) + len(value); s.size > rootfs.MaxArgs {
			s.lose(a.Name.Value)
			continue
		}
		s.env[a.Name.Value] = value
	}
}
