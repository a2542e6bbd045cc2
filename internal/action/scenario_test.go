package action_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
)

var update = flag.Bool("update", false, "write the scenarios' want.yaml anew")

// scenarios is where each folder is one whole run: scenario.yaml, the kustomization below repo, and want.yaml. What is
// in before.yaml is in the cluster already. REGISTRY in app.yaml stands for the scenario's part of the local registry.
const scenarios = "../../testdata/scenarios"

// scenario is what scenario.yaml says.
type scenario struct {
	// Cluster is a preset of the local cluster, or names a file of nodes.
	Cluster string `json:"cluster"`
	// Images are pushed before the run: repository -> how it is made.
	Images map[string]madeImage `json:"images"`
	// Runs follow one another on the same cluster, each with the arguments of a command line. REGISTRY stands for
	// the address of the local registry, REPO for the folder. One that begins with kubectl is a run of kubectl there.
	Runs [][]string `json:"runs"`
}

// outcome is what a run comes to, as far as it does not depend on chance.
type outcome struct {
	Status    int                          `json:"status"`
	Verdict   report.Verdict               `json:"verdict"`
	Said      string                       `json:"said"`
	Edits     []string                     `json:"edits,omitempty"`
	Workloads map[string]map[string]string `json:"workloads,omitempty"`
	// Pods are where the pods of a workload ran, when it has more than one.
	Pods     map[string]string `json:"pods,omitempty"`
	Findings []string          `json:"findings,omitempty"`
}

func TestScenarios(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join(scenarios, "*", "scenario.yaml"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no scenarios in %s: %v", scenarios, err)
	}
	for _, file := range folders {
		folder := filepath.Dir(file)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			s := readScenario(t, file)
			cluster := sharedCluster(t, s.Cluster)
			if cluster == nil {
				t.Fatalf("%s: no cluster %q", file, s.Cluster)
			}
			pushImages(t, cluster.Registry, filepath.Base(folder), s.Images)
			var got []outcome
			prepare(t, cluster, filepath.Join(folder, "before.yaml"))
			repo := copyTree(t, filepath.Join(folder, "repo"))
			localize(t, filepath.Join(repo, "app.yaml"), cluster.Registry+"/"+filepath.Base(folder))
			for _, args := range s.Runs {
				if args[0] == "kubectl" {
					runKubectl(t, cluster, repo, args[1:])
					continue
				}
				got = append(got, play(t, cluster, repo, filepath.Base(folder), args))
			}
			compare(t, filepath.Join(folder, "want.yaml"), got)
		})
	}
}

func readScenario(t *testing.T, file string) scenario {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var s scenario
	if err := yaml.UnmarshalStrict(content, &s); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return s
}

// runKubectl runs kubectl of the cluster's release.
func runKubectl(t *testing.T, cluster *localcluster.Cluster, repo string, args []string) {
	t.Helper()
	program, err := programs.Kubectl(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, append([]string{"--kubeconfig", cluster.Kubeconfig}, args...)...)
	cmd.Dir = repo
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("kubectl %v: %v\n%s", args, err, out)
	}
}

// play runs the program in its own namespace, which the scenario's manifests make.
func play(t *testing.T, cluster *localcluster.Cluster, repo, namespace string, args []string) outcome {
	t.Helper()
	places := strings.NewReplacer("REGISTRY", cluster.Registry+"/"+namespace, "REPO", repo)
	for i, arg := range args {
		args[i] = places.Replace(arg)
	}
	args = slices.Concat(args[:1], []string{"--output", "json", "--namespace", namespace, "--kubeconfig",
		cluster.Kubeconfig, "--kustomization", repo}, args[1:])
	var stdout, stderr bytes.Buffer
	program := action.Program{Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }}
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	status := program.Main(ctx, args)
	t.Logf("%s", stderr.String())

	var r report.Report
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatalf("status %d, and the report is no JSON: %v", status, err)
	}
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	said := lines[len(lines)-1]
	return summarize(status, said, &r, strings.NewReplacer(cluster.Registry+"/"+namespace, "REGISTRY", repo+"/", ""))
}

// summarize keeps what does not depend on chance. Said is the last line that the program printed.
func summarize(status int, said string, r *report.Report, plain *strings.Replacer) outcome {
	o := outcome{Status: status, Verdict: r.Verdict, Said: said, Workloads: map[string]map[string]string{},
		Pods: map[string]string{}}
	for _, edit := range r.Edits {
		o.Edits = append(o.Edits, plain.Replace(fmt.Sprintf("%s: %s -> %s", edit.Name, edit.Before, edit.After)))
	}
	for _, w := range r.Workloads {
		outcomes := map[string]string{}
		for architecture, what := range w.Architectures {
			outcomes[architecture] = string(what)
		}
		o.Workloads[w.Kind+" "+w.Name] = outcomes
	}
	for workload, counts := range r.Placement() {
		// Without an architecture there are pods, and none has a node yet.
		if pods := slices.Collect(maps.Values(counts)); len(pods) > 1 || len(pods) == 1 && pods[0] > 1 {
			o.Pods[workload] = strings.Join(slices.Sorted(maps.Keys(counts)), ", ")
		}
	}
	for _, f := range r.Findings {
		o.Findings = append(o.Findings, plain.Replace(findingLine(f)))
	}
	slices.Sort(o.Findings)
	return o
}

// findingLine leaves out what chance decides: the names of pods.
func findingLine(f finding.Finding) string {
	object := podSuffix.ReplaceAllString(f.Object, "$1-…")
	return fmt.Sprintf("%s %s %q container %q on %q at %s:%d", f.Severity, f.Code, object, f.Container, f.Architecture,
		f.File, f.Line)
}

var podSuffix = regexp.MustCompile(`^(v1 Pod \S+?)-([0-9a-f]{6,10}-)?[0-9a-z]{5}$`)

func compare(t *testing.T, file string, got []outcome) {
	t.Helper()
	if *update {
		content, err := yaml.Marshal(got)
		if err == nil {
			err = os.WriteFile(file, content, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	gotContent, err := yaml.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(content), string(gotContent)); diff != "" {
		t.Errorf("%s (-want +got; -update writes it anew):\n%s", file, diff)
	}
}

func copyTree(t *testing.T, source string) string {
	t.Helper()
	target := t.TempDir()
	if err := os.CopyFS(target, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	return target
}
