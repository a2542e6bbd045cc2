package action

import (
	"cmp"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/auditing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action/environment"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action/fixing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action/lookup"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action/manifests"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/docs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

// deploy is one run: what it was asked for, what it is signed in to, and what its steps came to.
type deploy struct {
	config inputs.Config
	env    environment.Variables
	runner *runner.Runner
	emit   progress.Sink
	// version is the program's, whose documentation texts lead to.
	version string
	// takes reports whether a step is among those of the run.
	takes func(name string) bool

	session
	images *lookup.Images
	manifests.Manifests
	ahead
	auditing *auditing.Audit
	// target is where the images are recorded.
	target target

	results
}

// results are what the steps return, for later steps and for the report at the end.
type results struct {
	findings []finding.Finding // every step
	// built are the digests of the indexes that this run has pushed, by the reference's full name.
	built    map[string]v1.Hash
	verified []verifiedImage // verify
	edits    []edit.Change   // rewrite
	nodes    []placement.NodeGroup
	// poolsReported: what could not be read of pools is among the findings.
	poolsReported bool
	verdicts      []placement.Verdict // plan, audit
	audited       *audit.Result       // audit
	planned       placement.Request   // plan
	written       fixing.Written      // rewrite, of a fix
	fixed         fixing.Fix          // fix
	// references are the images of all pods, those that admission adds among them.
	references []string
	checked    *apply.Checked   // check
	changes    change.Set       // preview, apply, rollback, prune
	previewed  bool             // changes were not made
	pods       []rollout.Pod    // rollout
	wanted     map[string]int64 // rollout: the pods that each workload asks for, by object.ID
	held       bool             // rollout: pods keep an earlier revision, since their objects ask for it
	recorded   gitops.Result    // commit
	timings    []report.Step
}

func (p Program) newDeploy(config inputs.Config) *deploy {
	return &deploy{config: config, env: p.Getenv, runner: p.runner, emit: p.sink(), version: p.Version,
		images: lookup.New(), results: results{built: map[string]v1.Hash{}}}
}

// find notes findings and logs them at once, the worst first and alike ones joined.
func (d *deploy) find(findings ...finding.Finding) {
	for i := range findings {
		findings[i].Fix = docs.Link(d.version, findings[i].Fix)
	}
	d.findings = append(d.findings, findings...)
	for _, group := range report.Join(findings) {
		d.emit(progress.Found{Finding: group.Finding, Others: group.Others})
	}
}

// say writes a line, or a table, to the log.
func (d *deploy) say(format string, args ...any) {
	d.emit(progress.Message{Text: fmt.Sprintf(format, args...)})
}

// report is what the steps came to until now, in the report's form.
func (d *deploy) report() *report.Report {
	r := report.New()
	r.Target = d.destination()
	for _, v := range d.verified {
		r.Images = append(r.Images, v.entry())
	}
	r.Edits = append(r.Edits, d.edits...)
	r.Nodes = append(r.Nodes, d.nodes...)
	r.Audit = d.audited
	for i, v := range d.verdicts {
		r.Workloads = append(r.Workloads, report.Workload{
			Kind: v.Object.GetKind(), Namespace: v.Object.GetNamespace(), Name: v.Object.GetName(),
			Template: v.Template, Images: v.Images, Architectures: v.Architectures,
			WithoutNode: append([]string{}, v.WithoutNode...), Fix: v.Fix, Audit: d.rowOf(i),
		})
	}
	r.Patches, r.NoPatches = append(r.Patches, d.fixed.Changes...), d.fixed.Needless
	r.Changes, r.Planned = append(r.Changes, d.changes...), d.previewed
	r.Pods = append(r.Pods, d.pods...)
	r.Wanted = d.wanted
	r.Commit = report.Commit{SHA: d.recorded.SHA, URL: d.recorded.URL, PullRequest: d.recorded.PullRequest}
	r.Findings = append(r.Findings, d.findings...)
	for _, step := range d.timings {
		r.Took(step)
	}
	return r
}

// destination is where the run deploys to, by the name that the inputs give it; zero where it reaches no cluster.
func (d *deploy) destination() report.Target {
	if d.cluster.Config == nil {
		return report.Target{}
	}
	return report.Target{
		Cluster:   cmp.Or(d.config.Cluster, d.config.KubeContext, d.cluster.Config.Host),
		Namespace: d.cluster.Namespace,
	}
}
