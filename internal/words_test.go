package internal_test

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// oddWords are words that this project once used in a sense of its own. Plain technical English has another for each.
var oddWords = map[string]*regexp.Regexp{
	"continues, is retried":   regexp.MustCompile(`(?i)\bis gone on with\b`),
	"one VALUE per line":      regexp.MustCompile(`(?i)\ba line (an image|each)\b|\bVALUE` + "`?" + ` a line\b`),
	"reports, says":           regexp.MustCompile(`(?i)\btells (that|of|which|whether)\b`),
	"is, applies, is in":      regexp.MustCompile(`(?i)\bwhat was done until then stands\b|\bstands in (no|the|your) manifest`),
	"cannot become ready":     regexp.MustCompile(`(?i)\bdoomed\b`),
	"ready, stable, complete": regexp.MustCompile(`(?i)\bsettled\b`),
}

func TestTexts_for_users_are_plain_English(t *testing.T) {
	for path, file := range sources(t) {
		if strings.HasSuffix(path, "_test.go") || isBelow(path, "internal/test") {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
				value, err := strconv.Unquote(text.Value)
				if err != nil {
					t.Fatal(err)
				}
				plain(t, path, value)
			}
			return true
		})
	}
	for path, page := range pages(t) {
		plain(t, path, page)
	}
}

func TestComments_are_plain_English(t *testing.T) {
	for path, file := range sources(t) {
		for _, comment := range file.Comments {
			plain(t, path, comment.Text())
		}
	}
}

func plain(t *testing.T, where, text string) {
	t.Helper()
	for better, odd := range oddWords {
		if found := odd.FindString(text); found != "" {
			t.Errorf("%s: %q; write such as: %s", where, found, better)
		}
	}
}
