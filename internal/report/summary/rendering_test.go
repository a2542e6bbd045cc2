//go:build engines

package summary_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/golden"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/reports"
)

// TestSummary_is_drawn has Mermaid itself draw the charts, in a browser.
func TestSummary_is_drawn(t *testing.T) {
	failed, audited := reports.Crashed(), reports.Audited(12)
	failed.Conclude(nil)
	audited.Conclude(nil)
	for _, test := range []struct {
		name, theme string
		report      *report.Report
		charts      [][]string
	}{
		{"a_failure", "light", failed, [][]string{
			{"amd64 · 1 node", "cart", "1 pod ready", "arm64 · 1 node", "0 of 1 pod ready", "waiting for a node"},
			{"Verify images 1.5 s", "Apply 250 ms", "00:01"},
		}},
		{"in_the_dark", "dark", failed, [][]string{{"arm64 · 1 node"}, {"Apply 250 ms"}}},
		{"an_audit", "light", audited, [][]string{{"team-00", "14", "2", "1", "team-09", "2 more namespaces", "4"}}},
		{"thousands_of_everything", "light", reports.Huge(5000, 10_000), [][]string{
			{"4993 more workloads", "4993 pods ready", "0 of 1 pod ready", "workload-00000-with-a-name-as-long-…"},
			{"Apply 250 ms"},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			page := show(t, summaryOf(test.report), test.theme, "")
			checkPage(t, page)
			if len(page.Charts) != len(test.charts) {
				t.Fatalf("%d charts are drawn, want %d: %q", len(page.Charts), len(test.charts), page.Charts)
			}
			for i, want := range test.charts {
				for _, text := range want {
					if !slices.ContainsFunc(page.Charts[i], func(drawn string) bool { return strings.TrimSpace(drawn) == text }) {
						t.Errorf("chart %d shows no %q: %q", i, text, page.Charts[i])
					}
				}
			}
		})
	}
}

func checkPage(t *testing.T, page seen) {
	t.Helper()
	for _, problem := range page.Errors {
		t.Errorf("Mermaid: %s", problem)
	}
	for _, element := range page.Wide {
		t.Errorf("wider than the page: %s", element)
	}
}

// TestNames_are_read_as_they_are: whatever a name is, a reader sees it in tables; and in charts, save for what no name
// in Kubernetes holds.
func TestNames_are_read_as_they_are(t *testing.T) {
	r := report.New()
	for i, name := range reports.Hostile {
		r.Edits = append(r.Edits, edit.Change{Name: name})
		w := report.Workload{Kind: "Deployment", Namespace: fmt.Sprint(i), Name: name,
			Architectures: map[string]landing.Outcome{"amd64": landing.Runs}}
		r.Workloads = append(r.Workloads, w)
	}
	var summaries []string
	for workloads := range slices.Chunk(r.Workloads, 8) {
		part := *r
		part.Workloads = workloads
		summaries = append(summaries, summaryOf(&part))
	}
	page := show(t, strings.Join(summaries, "\n"), "light", "")
	for _, problem := range page.Errors {
		t.Errorf("Mermaid: %s", problem)
	}
	drawn := slices.Concat(page.Charts...)
	for i, name := range reports.Hostile {
		want := readable(name)
		if want == "" {
			continue
		}
		if !slices.ContainsFunc(page.Cells, func(cell string) bool { return readable(cell) == want }) {
			t.Errorf("no cell shows %q", want)
		}
		if label := label(fmt.Sprintf("%d/%s", i, name)); !slices.ContainsFunc(drawn,
			func(text string) bool { return readable(text) == label }) {
			t.Errorf("no box shows %q: %q", label, drawn)
		}
	}
}

func label(name string) string {
	letters := []rune(readable(name))
	if len(letters) > 36 {
		letters = append(letters[:35], '…')
	}
	return readable(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" -/.,·…", r) {
			return r
		}
		return '?'
	}, string(letters)))
}

// readable is a text as a reader sees it: without controls, white space run together.
func readable(name string) string {
	plain := strings.NewReplacer("\x1b", "", "\x00", "", "\u202e", "", "\u200b", "").Replace(strings.ToValidUTF8(name, ""))
	return strings.Join(strings.Fields(plain), " ")
}

// TestDemo_is_drawn draws the summaries that `make picture` has the demo write, and with -update the README's picture.
func TestDemo_is_drawn(t *testing.T) {
	demo := filepath.Join("..", "..", "..", "testdata", "demo")
	content, err := os.ReadFile(filepath.Join(demo, "summary.md"))
	if err != nil {
		t.Fatal(err)
	}
	picture, err := filepath.Abs(filepath.Join("..", "..", "..", "docs", "summary.png"))
	if err != nil {
		t.Fatal(err)
	}
	acts := strings.SplitAfter(string(content), "\n## ")
	if *golden.Update {
		show(t, strings.TrimSuffix(acts[0], "## "), "light", picture)
	}
	page := show(t, string(content), "light", "")
	checkPage(t, page)
	if diff := cmp.Diff(6, len(page.Charts)); diff != "" {
		t.Errorf("the three acts have two charts each (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(picture); err != nil || info.Size() > 200_000 {
		t.Errorf("the README shows %s, of at most 200 kB: %v, %v", picture, info, err)
	}
}
