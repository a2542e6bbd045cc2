package internal_test

import (
	"go/ast"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// properNames are words with a capital inside that no package declares.
var properNames = []string{"BuildKit", "BuildKits", "GitHub", "OpenAPI", "StatefulSet", "StringData"}

func TestTests_have_names_of_one_form(t *testing.T) {
	declared := declarations(t)
	for path, file := range sources(t) {
		for _, declaration := range file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok || !isTest(path, function) {
				continue
			}
			known := func(word string) bool { return declared[filepath.Dir(path)][strings.ToLower(word)] }
			if name := function.Name.Name; !isTestName(strings.TrimPrefix(name, "Test"), known) {
				t.Errorf("%s: %s; a test is called TestThing, where Thing is a word or declared in its package, or "+
					"TestThing_what_it_does, in words", path, name)
			}
		}
	}
}

// isTestName reports whether each word of a test's name is a plain word, a proper name, or declared in its package.
func isTestName(name string, known func(string) bool) bool {
	return !slices.ContainsFunc(strings.Split(name, "_"), func(word string) bool {
		return isJoined(word) && !known(word) && !slices.Contains(properNames, word)
	})
}

// isJoined reports whether a word consists of several, as in FooBar or AnHTTPServer.
func isJoined(word string) bool {
	capitals := strings.ContainsFunc(word, unicode.IsUpper)
	return capitals && strings.ToUpper(word) != word && word[1:] != strings.ToLower(word[1:])
}

func isTest(path string, function *ast.FuncDecl) bool {
	return strings.HasSuffix(path, "_test.go") && function.Recv == nil && strings.HasPrefix(function.Name.Name, "Test")
}

// declarations returns what each folder's packages declare outside of tests, in lower case: functions, methods, types,
// constants and variables.
func declarations(t *testing.T) map[string]map[string]bool {
	t.Helper()
	declared := map[string]map[string]bool{}
	for path, file := range sources(t) {
		folder := filepath.Dir(path)
		if declared[folder] == nil {
			declared[folder] = map[string]bool{}
		}
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, declaration := range file.Decls {
			for _, name := range names(declaration) {
				declared[folder][strings.ToLower(name)] = true
			}
		}
	}
	return declared
}

func names(declaration ast.Decl) []string {
	var names []string
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		names = append(names, d.Name.Name)
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, spec.Name.Name)
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					names = append(names, name.Name)
				}
			}
		}
	}
	return names
}

func TestRows_of_tables_have_one_name(t *testing.T) {
	for path, file := range sources(t) {
		if !strings.HasSuffix(path, "_test.go") {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			loop, ok := n.(*ast.RangeStmt)
			if !ok {
				return true
			}
			row, ok := loop.Value.(*ast.Ident)
			if ok && row.Name != "test" && (slices.Contains(otherNames, row.Name) || namesSubtests(loop.Body, row.Name)) {
				t.Errorf("%s: the rows of a table are called %q in a loop; call each of them test, as everywhere", path, row.Name)
			}
			return true
		})
	}
}

// otherNames are what rows of tables are often called elsewhere.
var otherNames = []string{"tt", "tc", "tcase", "testCase", "testcase"}

// namesSubtests reports whether subtests have the name of a row, the field name of a variable.
func namesSubtests(body *ast.BlockStmt, variable string) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 2 {
			return true
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || method.Sel.Name != "Run" {
			return true
		}
		field, ok := call.Args[0].(*ast.SelectorExpr)
		found = found || ok && field.Sel.Name == "name" && isIdent(field.X, variable)
		return true
	})
	return found
}
