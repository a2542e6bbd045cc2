package internal_test

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
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

// mostColumns is how many characters a line of Go may have; a tab is one.
const mostColumns = 120

func TestLines_are_short(t *testing.T) {
	for path := range sources(t) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		raw := rawLines(path, content)
		number := 0
		for line := range strings.Lines(string(content)) {
			number++
			line = strings.TrimRight(line, "\n")
			if columns := utf8.RuneCountInString(line); columns > mostColumns && !raw[number] && !unbreakable(line) {
				t.Errorf("%s:%d has %d characters, %d at most; break it where the reader takes a breath", path, number, columns,
					mostColumns)
			}
		}
	}
}

// rawLines returns the lines on which there is a part of a raw string literal: breaking it would change the string.
func rawLines(path string, content []byte) map[int]bool {
	files := token.NewFileSet()
	file := files.AddFile(path, -1, len(content))
	var s scanner.Scanner
	s.Init(file, content, nil, 0)
	lines := map[int]bool{}
	for {
		position, kind, literal := s.Scan()
		switch {
		case kind == token.EOF:
			return lines
		case kind == token.STRING && literal[0] == '`':
			first := file.Line(position)
			for line := first; line <= first+strings.Count(literal, "\n"); line++ {
				lines[line] = true
			}
		}
	}
}

// unbreakable reports whether a line contains a URL, or another word that is most of the line.
func unbreakable(line string) bool {
	return strings.Contains(line, "://") || slices.ContainsFunc(strings.Fields(line), func(word string) bool {
		return utf8.RuneCountInString(word) > mostColumns*2/3
	})
}
