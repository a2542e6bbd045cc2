package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// mostLines is how many lines a function outside of tests may have, from its name to its closing brace.
const mostLines = 41

func TestFunctions_are_short(t *testing.T) {
	for path := range sources(t) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			lines := files.Position(function.End()).Line - files.Position(function.Pos()).Line + 1
			if lines > mostLines {
				t.Errorf("%s: %s has %d lines, %d at most; name its second story and move it out", path, function.Name.Name, lines,
					mostLines)
			}
		}
	}
}
