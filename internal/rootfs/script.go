package rootfs

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// script follows the plain commands of a shell script: those that run whenever it does.
type script struct {
	*tracer
	name   string
	params []string // $1 and so on
	dir    string
	env    []string
	// lost are what a part of the script that was not followed may have changed: lostParams, lostDir, or variables.
	lost []string
	// functions are not followed, but shadow programs.
	functions map[string]*syntax.Stmt
	// mayEnd: a part that was not followed may have started something else and ended the script.
	mayEnd bool
}

const (
	lostParams = "@"
	lostDir    = "."
	// unknown stands in a word for what only a run could tell.
	unknown = "\x00"
)

// run follows statements in turn. Ended is true when none could come after.
func (s *script) run(statements []*syntax.Stmt) (ended bool, err error) {
	for _, statement := range statements {
		if ended, err = s.command(statement.Cmd); ended || err != nil {
			return ended, err
		}
	}
	return false, nil
}

func (s *script) command(command syntax.Command) (ended bool, err error) {
	switch c := command.(type) {
	case nil:
		return false, nil // only redirections
	case *syntax.CallExpr:
		return s.call(c)
	case *syntax.DeclClause:
		s.assign(c.Args)
		return false, nil
	case *syntax.Block:
		return s.run(c.Stmts)
	case *syntax.FuncDecl:
		s.functions[c.Name.Value] = c.Body
		return false, nil
	case *syntax.BinaryCmd:
		return s.binary(c)
	case *syntax.TestClause, *syntax.ArithmCmd:
		return false, nil
	}
	s.pass(command)
	s.note("%s: what stands in its conditions, loops and subshells", s.name)
	return false, nil
}

// binary follows both sides of && and |. What stands behind || runs only when something went wrong, and what stands
// behind a test only when it holds: a script may well choose a binary so.
func (s *script) binary(c *syntax.BinaryCmd) (ended bool, err error) {
	if ended, err = s.command(c.X.Cmd); ended || err != nil {
		return ended && c.Op != syntax.Pipe && c.Op != syntax.PipeAll, err
	}
	if c.Op == syntax.OrStmt || (c.Op == syntax.AndStmt && isTest(c.X)) {
		s.pass(c.Y)
		s.note("%s: what stands behind a test or ||", s.name)
		return false, nil
	}
	_, err = s.command(c.Y.Cmd)
	return false, err
}

// isTest tells commands that ask a question from those that do something.
func isTest(statement *syntax.Stmt) bool {
	switch c := statement.Cmd.(type) {
	case *syntax.TestClause, *syntax.ArithmCmd:
		return true
	case *syntax.BinaryCmd:
		return isTest(c.X) || isTest(c.Y)
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
				s.lost = append(s.lost, n.Name.Value)
			}
		case *syntax.CallExpr:
			s.lose(n)
		}
		return true
	})
}

func (s *script) lose(c *syntax.CallExpr) {
	if len(c.Args) == 0 {
		return
	}
	switch c.Args[0].Lit() {
	case "set", "shift":
		s.lost = append(s.lost, lostParams)
	case "cd", "pushd":
		s.lost = append(s.lost, lostDir)
	case "eval", ".", "source":
		s.lost = append(s.lost, lostParams, lostDir, "PATH")
	case "exec":
		s.mayEnd = true
	case "exit", "return":
		// A failure starts nothing else.
		s.mayEnd = s.mayEnd || len(c.Args) == 1 || c.Args[1].Lit() == "0"
	}
}

func (s *script) isLost(what string) bool { return slices.Contains(s.lost, what) }

// assign follows variables that are set to plain text.
func (s *script) assign(assigns []*syntax.Assign) {
	for _, a := range assigns {
		if a.Name == nil || a.Naked {
			continue
		}
		value := strings.Join(s.word(a.Value), " ")
		if a.Append || a.Array != nil || strings.Contains(value, unknown) {
			s.lost = append(s.lost, a.Name.Value)
			continue
		}
		s.env = append(slices.Clone(s.env), a.Name.Value+"="+value)
	}
}
