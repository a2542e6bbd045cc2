package summary_test

import (
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	goldmarkhtml "github.com/yuin/goldmark/renderer/html"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/summary"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/reports"
)

func summaryOf(r *report.Report) string {
	return summary.Write(r, summary.Options{Room: summary.Limit, ReportFile: "report.json"})
}

// FuzzSummary: no name changes what a summary is made of.
func FuzzSummary(f *testing.F) {
	for _, name := range reports.Hostile {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		summary := summaryOf(reports.Named(name))
		allowed := shape(summaryOf(reports.Named("cart")))
		for node, n := range shape(summary) {
			if n > allowed[node] {
				t.Errorf("%d × %s, want at most %d, with the name %q:\n%s", n, node, allowed[node], name, summary)
			}
		}
	})
}

// shape counts what Markdown is made of, besides its text. Where a name is empty, there is less.
func shape(markdown string) map[string]int {
	source := []byte(markdown)
	counts := map[string]int{}
	_ = ast.Walk(gfm().Parser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text, *ast.String, *ast.CodeSpan, *ast.Paragraph, *ast.TextBlock, *ast.AutoLink:
		case *ast.FencedCodeBlock: // indented text makes its own
			if language := string(n.Language(source)); language != "yaml" && language != "text" {
				counts["block "+language]++
			}
		case *ast.RawHTML:
			counts["HTML "+htmlName(string(n.Segments.Value(source)))]++
		default:
			counts[n.Kind().String()]++
		}
		return ast.WalkContinue, nil
	})
	for _, free := range []string{"HTML <code>", "HTML </code>", "HTML <br>"} {
		delete(counts, free)
	}
	return counts
}

func htmlName(tag string) string {
	if name, _, attributes := strings.Cut(tag, " "); attributes {
		return name
	}
	return tag
}

// gfm reads Markdown as GitHub does, and lets HTML through.
func gfm() goldmark.Markdown {
	return goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithParserOptions(parser.WithAutoHeadingID()),
		goldmark.WithRendererOptions(goldmarkhtml.WithUnsafe()))
}
