package report_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	goldmarkhtml "github.com/yuin/goldmark/renderer/html"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

// hostile are names that would like to be syntax: of Markdown, HTML, GitHub or Mermaid.
var hostile = []string{
	"cart", "`code` and ``code``", "a|b\\|c", "<img src=x onerror=alert(1)>", "</details></summary>", "[a](https://b)",
	"![a](b)",
	"@everyone", "#1 GH-2 :bug: $x$ ~~no~~ **b** _i_", "# heading\n## heading", "- item\n1. item\n> quote\n---\n===",
	"```\n~~~\n```mermaid",
	"&lt;b&gt; &amp; &#60;", "\x1b[31mred\x00\u202e", "1. one", "end",
	"\"]:::bad\n  end\n  click c0 href \"javascript:alert(1)\"", "%%{init: {}}%%",
	"style c0 fill:#fff; classDef x:y#z;", "www.example.com", "9. www.a.io", "a#quot;b #35; ; #", "<br/>", "$$x$$", "\\",
	"", " ", "\u00a0", "ﬂ°°35¶ß", "日本語-名前", "\xff\xfe", "subgraph x[\"y\"]", "a --> b", "`**md**`", "<!--", "<script>",
	"    indented", "`\xff``",
}

// named is a report in which every text from outside is name.
func named(name string) *report.Report {
	r := report.New()
	r.Target = report.Target{Cluster: name, Namespace: name}
	r.Images = []report.Image{{Name: name, Reference: name, Digest: name, Platforms: []string{name},
		Attestations: []string{name}}}
	r.Edits = []edit.Change{{File: name, Name: name, Before: name, After: name}}
	r.Nodes = []placement.NodeGroup{{Architecture: name, OS: "linux", Count: 2, Taints: []string{name}}}
	r.Workloads = []report.Workload{{Kind: "Deployment", Namespace: "shop", Name: name,
		Architectures: map[string]placement.Outcome{name: placement.Crashes}}}
	r.Pods = []rollout.Pod{{Workload: "apps/v1 Deployment shop/" + name, Architecture: name, Reason: name}}
	r.Changes = apply.ChangeSet{{Object: name, Action: apply.Created}}
	r.Add(
		finding.Finding{Code: finding.CrashLoop, Severity: finding.Error, Object: name, File: name, Line: 3, Message: name,
			Fix: name},
		finding.Finding{Code: finding.CrashLoop, Severity: finding.Warning, Image: name, Message: "Its last lines:\n    " +
			name, Fix: "# patch\n" + name},
	)
	r.Conclude(nil)
	return r
}

func summaryOf(r *report.Report) string {
	return r.Summary(report.SummaryOptions{Room: report.SummaryLimit, ReportFile: "report.json"})
}

// FuzzSummary: no name changes what a summary is made of.
func FuzzSummary(f *testing.F) {
	for _, name := range hostile {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		summary := summaryOf(named(name))
		allowed := shape(summaryOf(named("cart")))
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

// FuzzJSON: the report is JSON that says what it was given, and no line of it is a command or steers a terminal.
func FuzzJSON(f *testing.F) {
	for _, name := range append(hostile, "##[error]x", "\n::error::x", "\u009b2J", "\u2028") {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		content, err := named(name).JSON()
		if err != nil {
			t.Fatal(err)
		}
		var back report.Report
		if err := json.Unmarshal(content, &back); err != nil {
			t.Fatalf("%v\n%s", err, content)
		}
		if want := strings.ToValidUTF8(name, "\ufffd"); utf8.ValidString(name) && back.Images[0].Name != want {
			t.Errorf("%q became %q", want, back.Images[0].Name)
		}
		for line := range strings.Lines(string(content)) {
			if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") ||
				redact.Printable(line) != line {
				t.Errorf("a line acts on its reader: %q", line)
			}
		}
	})
}
