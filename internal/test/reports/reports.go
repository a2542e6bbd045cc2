// Package reports has reports of deploys, for the tests of what is made of them.
package reports

import (
	"fmt"
	"strings"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

// Crashed is the report of a deploy whose arm64 pods crash, with text in it that tries to be a command.
func Crashed() *report.Report {
	r := report.New()
	r.Target = report.Target{Cluster: "production", Namespace: "shop"}
	r.Images = []report.Image{{
		Name: "registry/cart", Reference: "ghcr.io/shop/cart:v1", Digest: "sha256:" + strings.Repeat("ab12", 16),
		Platforms: []string{"linux/amd64"}, Findings: []finding.Finding{},
		Manifests: []report.Manifest{{Platform: "linux/amd64", Digest: "sha256:" + strings.Repeat("cd34", 16),
			Size: 12_345_678, Created: "2026-01-02T03:04:05Z"}},
		Base:         report.Base{Name: "docker.io/library/alpine:3", Digest: "sha256:" + strings.Repeat("ef56", 16)},
		Attestations: []string{"provenance", "sbom"},
	}}
	r.Edits = []edit.Change{{File: "deploy/kustomization.yaml", Name: "registry/cart", Before: "ghcr.io/shop/cart:v0",
		After: "ghcr.io/shop/cart:v1"}}
	r.Nodes = []placement.NodeGroup{
		{Architecture: "amd64", OS: "linux", Count: 1, Taints: []string{}, Source: pool.Cluster, Max: new(1)},
		{Architecture: "arm64", OS: "linux", Count: 1, Taints: []string{}, Source: pool.AKS, Pool: "arm", Max: new(1)}}
	r.Workloads = []report.Workload{{
		Kind: "Deployment", Namespace: "shop", Name: "cart", Images: []string{"ghcr.io/shop/cart:v1"},
		Architectures: map[string]landing.Outcome{"amd64": landing.Runs, "arm64": landing.Crashes},
		WithoutNode:   []string{}, Fix: "spec:\n  template: {}\n",
	}}
	r.Changes = change.Set{{Object: "apps/v1 Deployment shop/cart", Action: change.Created}}
	workload := "apps/v1 Deployment shop/cart"
	r.Pods = []rollout.Pod{
		{Namespace: "shop", Name: "cart-1", Workload: workload, Node: "a", Architecture: "amd64", Ready: true},
		{Namespace: "shop", Name: "cart-2", Workload: workload, Node: "b", Architecture: "arm64",
			Reason: "exec-format-error"},
		{Namespace: "shop", Name: "cart-3", Workload: workload, Reason: "Pending"},
	}
	r.Add(finding.Finding{
		Code: finding.ExecFormatError, Severity: finding.Error, Object: "v1 Pod shop/cart-2", Container: "cart",
		Image: "ghcr.io/shop/cart:v1",
		Node:  "b", Architecture: "arm64", File: "deploy/cart.yaml", Line: 12,
		Message: "Pod shop/cart-2 on b (arm64): exec format error.\n::error::<img src=x> @everyone | [a](b)",
		Fix: "Keep it on amd64 nodes:\n    nodeSelector: {kubernetes.io/arch: amd64}\n" +
			"    ```\n    # not out of the block",
	})
	r.Took(report.Step{Name: "verify", Title: "Verify images", Elapsed: 1500 * time.Millisecond})
	r.Took(report.Step{Name: "apply", Title: "Apply", Elapsed: 250 * time.Millisecond, Failed: true})
	return r
}

// Huge is the report of a deploy of many workloads that makes many findings, each with a long fix.
func Huge(workloads, findings int) *report.Report {
	r := Crashed()
	for i := range workloads {
		name := fmt.Sprintf("workload-%05d-with-a-name-as-long-as-a-name-of-kubernetes-may-be-which-is-sixty", i)
		r.Workloads = append(r.Workloads, report.Workload{Kind: "Deployment", Namespace: "shop", Name: name,
			Architectures: map[string]landing.Outcome{"amd64": landing.Runs, "arm64": landing.Runs}})
		r.Pods = append(r.Pods, rollout.Pod{Workload: "apps/v1 Deployment shop/" + name, Architecture: "arm64", Ready: true})
		r.Changes = append(r.Changes, change.Change{Object: "apps/v1 Deployment shop/" + name, Action: change.Configured})
	}
	for i := range findings {
		r.Add(finding.Finding{Code: finding.CrashLoop, Severity: finding.Error,
			Message: fmt.Sprintf("Pod %d keeps exiting.", i),
			Fix:     "# patch\n" + strings.Repeat("a: long one\n", 200)})
	}
	r.Conclude(nil)
	return r
}

// Hostile are names that look like syntax: of Markdown, HTML, GitHub or Mermaid.
var Hostile = []string{
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

// Named is a report in which every text from outside is name.
func Named(name string) *report.Report {
	r := report.New()
	r.Target = report.Target{Cluster: name, Namespace: name}
	r.Images = []report.Image{{Name: name, Reference: name, Digest: name, Platforms: []string{name},
		Attestations: []string{name}}}
	r.Edits = []edit.Change{{File: name, Name: name, Before: name, After: name}}
	r.Nodes = []placement.NodeGroup{{Architecture: name, OS: "linux", Count: 2, Taints: []string{name}}}
	r.Workloads = []report.Workload{{Kind: "Deployment", Namespace: "shop", Name: name,
		Architectures: map[string]landing.Outcome{name: landing.Crashes}}}
	r.Pods = []rollout.Pod{{Workload: "apps/v1 Deployment shop/" + name, Architecture: name, Reason: name}}
	r.Changes = change.Set{{Object: name, Action: change.Created}}
	r.Add(
		finding.Finding{Code: finding.CrashLoop, Severity: finding.Error, Object: name, File: name, Line: 3, Message: name,
			Fix: name},
		finding.Finding{Code: finding.CrashLoop, Severity: finding.Warning, Image: name, Message: "Its last lines:\n    " +
			name, Fix: "# patch\n" + name},
	)
	r.Conclude(nil)
	return r
}
