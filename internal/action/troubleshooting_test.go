package action_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/console"
)

// troubleshooting is the page that has a heading for every code.
const troubleshooting = "../../docs/troubleshooting.md"

// trouble is a run that comes to a finding.
type trouble struct {
	cluster string
	// old is what new stands for in the good Deployment.
	old, new string
	// kustomization is more text for the kustomization.
	kustomization string
	// runs are command lines. REGISTRY stands for the registry's address, IMAGES for a good image by the name in the
	// manifests, and a plus for a blank within a word.
	runs []string
}

// TestTroubleshooting makes each trouble of the page, and compares what the page shows with what the program says.
func TestTroubleshooting(t *testing.T) {
	content, err := os.ReadFile(troubleshooting)
	if err != nil {
		t.Fatal(err)
	}
	page, said := string(content), sync.Map{}
	t.Run("all", func(t *testing.T) {
		for _, kind := range finding.Catalogue {
			t.Run(string(kind.Code), func(t *testing.T) {
				t.Parallel()
				said.Store(string(kind.Code), troubles[kind.Code].say(t, kind.Code))
			})
		}
	})
	for code, said := range said.Range {
		shown, found := exampleOf(page, code.(string))
		switch {
		case !found:
			t.Errorf("%s has no text block below %s that shows how it looks", troubleshooting, code)
		case console.Same(shown, said.(string)):
		case *update:
			page = strings.Replace(page, shown, said.(string), 1)
		default:
			t.Errorf("%s (-page +now; -update writes it anew):\n%s", troubleshooting,
				cmp.Diff(console.Normalize(shown), console.Normalize(said.(string))))
		}
	}
	if *update {
		if err := os.WriteFile(troubleshooting, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTroubleshooting_has_the_chapters_of_the_catalogue(t *testing.T) {
	content, err := os.ReadFile(troubleshooting)
	if err != nil {
		t.Fatal(err)
	}
	type chapter struct{ Chapter, Code string }
	var want, got []chapter
	for _, kind := range finding.Catalogue {
		want = append(want, chapter{kind.Chapter, string(kind.Code)})
	}
	current := ""
	for line := range strings.Lines(string(content)) {
		if title, found := strings.CutPrefix(line, "## "); found {
			current = strings.TrimSpace(title)
		}
		if heading, found := strings.CutPrefix(line, "### `"); found {
			got = append(got, chapter{current, strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(heading), "`"))})
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a finding's code is what people search for (-catalogue +headings):\n%s", diff)
	}
}

// exampleOf returns what the first text block below a code's heading shows.
func exampleOf(page, code string) (shown string, ok bool) {
	_, section, ok := strings.Cut(page, "### `"+code+"`\n")
	section, _, _ = strings.Cut(section, "\n##")
	_, block, found := strings.Cut(section, "\n```text\n")
	shown, _, ended := strings.Cut(block, "```")
	return shown, ok && found && ended
}

// say runs the program into the trouble, and returns the worst finding with the code, as the log has it.
func (x trouble) say(t *testing.T, code finding.Code) string {
	t.Helper()
	namespace := "trouble-" + string(code)
	cluster := sharedCluster(t, x.cluster)
	repo := repository(t, map[string]string{
		"kustomization.yaml": "namespace: " + namespace + "\nresources: [namespace.yaml, app.yaml]\n" + x.kustomization,
		"namespace.yaml":     "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + namespace + "}\n",
		// Of several pods it would be chance how many are in trouble when the run ends.
		"app.yaml": strings.NewReplacer("replicas: 2", "replicas: 1").Replace(strings.Replace(deployment, x.old, x.new, 1)),
	})
	registry := cluster.Registry + "/" + namespace
	odd := pushOdd(t, registry)
	words := strings.NewReplacer("REGISTRY", registry, "IMAGES", "--images registry/app="+registry+"/app --tag v1",
		"CHILD", odd.child, "LOCKED", odd.locked)
	var r report.Report
	for _, line := range x.runs {
		args := strings.Fields(words.Replace(line))
		for i, arg := range args {
			args[i] = strings.ReplaceAll(arg, "+", " ")
		}
		args = append(args, "--kustomization", repo, "--kubeconfig", cluster.Kubeconfig, "--output", "json")
		r = runForReport(t, args)
	}
	// The watch comes last, and tells what became of what the plan foresaw.
	slices.Reverse(r.Findings)
	at := slices.IndexFunc(r.Findings, func(f finding.Finding) bool { return f.Code == code })
	if at < 0 {
		t.Fatalf("no finding %s among %+v", code, r.Findings)
	}
	plain := strings.NewReplacer(registry, "127.0.0.1:5000", cluster.Registry, "127.0.0.1:5000", odd.locked,
		"127.0.0.1:5001", repo+"/", "", namespace, "shop")
	return plain.Replace(asLogged(r.Findings[at]))
}

// asLogged is a finding as the log shows it.
func asLogged(f finding.Finding) string {
	text := f.Sentence() + "\n"
	if fix := strings.TrimSpace(f.Fix); fix != "" {
		text += "    " + strings.ReplaceAll(fix, "\n", "\n    ") + "\n"
	}
	return text
}

func runForReport(t *testing.T, args []string) (r report.Report) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	var stdout, stderr bytes.Buffer
	program := action.Program{Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }}
	status := program.Main(ctx, args)
	t.Logf("%s", stderr.String())
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatal(fmt.Errorf("status %d, and the report is no JSON: %w", status, err))
	}
	return r
}
