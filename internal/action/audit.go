package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/snapshot"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/workloads"
)

// auditing is what the steps of an audit hand to one another.
type auditing struct {
	running []workloads.Workload
	// known are the images of the workloads, by reference.
	known map[string]audit.Image
	// failed is why a registry did not say what an image is, by reference.
	failed map[string]error
	// uses are what the pods of the workloads use, in their order.
	uses []use
	// unread are the parts of the cluster, and the registries, without which the audit is not complete.
	unread  []string
	audited *audit.Result
}

// use is what the pods of a workload use.
type use struct {
	images      []string
	pullSecrets []types.NamespacedName
}

// rowOf is the row of the workload of a verdict; nil where there was no audit.
func (d *deploy) rowOf(i int) *audit.Row {
	if d.audited == nil {
		return nil
	}
	return &d.audited.Rows[i]
}

// audit judges what runs on the nodes that there are, and on those that may come.
func (d *deploy) audit(ctx context.Context) error {
	nodes, err := d.waitForNodes()
	if err != nil {
		return err
	}
	s, err := d.waitForSnapshot()
	if err != nil {
		return err
	}
	s.Nodes = nodes
	now, later, err := d.foresee(ctx, s)
	if err != nil {
		return err
	}
	d.verdicts = now
	if d.expects() {
		d.verdicts = later // the plan is for the pools as well
	}
	d.audited = audit.Of(audit.Request{
		Architecture: d.moveTo(), Nodes: nodes, Workloads: d.running, Now: now, Later: later,
		Expected: d.expects(), Images: d.known, Prices: d.config.Prices,
	})
	d.noNodeCanPull()
	d.find(d.risks(now, later)...)
	for _, table := range d.report().AuditTables() {
		d.say("%s", report.Table(table))
	}
	return d.incomplete()
}

// foresee plans twice: for the nodes of now, and for those that may come.
func (d *deploy) foresee(ctx context.Context, s snapshot.Snapshot) (now, later []placement.Verdict, err error) {
	request := placement.Request{
		Cluster: s.Snapshot, Admitted: map[template.Key]*corev1.Pod{}, Images: map[string]platform.Offer{},
		Policy: placement.Fail,
	}
	for _, w := range d.running {
		request.Objects = append(request.Objects, w.Object)
		for _, t := range template.Of(w.Object) {
			request.Admitted[template.KeyOf(w.Object, t)] = w.Sample
		}
	}
	for reference, image := range d.known {
		if image.Known {
			request.Images[reference] = image.Offer
		}
	}
	pools := d.pools()
	request.Pools = presentPools(pools)
	if now, err = placement.Plan(ctx, request); err != nil {
		return nil, nil, err
	}
	request.Moves = []string{d.moveTo()}
	request.Pools = d.laterPools(s.Nodes, pools)
	later, err = placement.Plan(ctx, request)
	return now, later, err
}

// risks are findings about the workloads at risk: errors for those of now, warnings for those with the pool that is
// expected. Those that could land nowhere are worth knowing, and no risk.
func (d *deploy) risks(now, later []placement.Verdict) (all []finding.Finding) {
	for i, row := range d.audited.Rows {
		severity, verdict := finding.Info, now[i]
		switch row.Risk {
		case audit.Now:
			severity = finding.Error
		case audit.WithPool:
			severity, verdict = finding.Warning, later[i]
		}
		for _, f := range verdict.Findings {
			failing := f.Code == finding.ExecFormatError || f.Code == finding.PlatformMissing
			if f.Severity = finding.Info; failing {
				f.Severity = severity
			}
			all = append(all, f)
		}
	}
	return append(all, d.goneImages()...)
}

// noNodeCanPull corrects what the plan hopes of images that are gone.
func (d *deploy) noNodeCanPull() {
	for _, v := range d.verdicts {
		if !slices.ContainsFunc(v.Images, func(reference string) bool { return d.known[reference].Gone }) {
			continue
		}
		for architecture, outcome := range v.Architectures {
			if outcome == placement.Runs {
				v.Architectures[architecture] = placement.PullFails
			}
		}
	}
}

// goneImages is an error for each image that no node could pull any more.
func (d *deploy) goneImages() (all []finding.Finding) {
	for _, reference := range d.references {
		image := d.known[reference]
		if !image.Gone {
			continue
		}
		f := finding.Finding{Code: finding.ImageNotFound, Severity: finding.Error, Image: reference,
			Message: fmt.Sprintf("%s. A node that does not have it already can't start %s.", image.Problem, d.users(reference)),
			Fix:     "Push it again, or have the workload use an image that is there."}
		all = append(all, f)
	}
	return all
}

// usersShown is how many workloads a message about an image names.
const usersShown = 3

// users names the workloads that use an image.
func (d *deploy) users(reference string) string {
	var names []string
	for i, w := range d.running {
		if slices.Contains(d.uses[i].images, reference) {
			names = append(names, object.Name(w.Object.GetKind(), w.Object))
		}
	}
	if more := len(names) - usersShown; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:usersShown], ", "), more)
	}
	return platform.Conjoin(names)
}

// incomplete is an error where a part of the cluster, or a registry, could not be read: a table that lacks something
// must not look as if it were complete. Findings of severity error go first.
func (d *deploy) incomplete() error {
	if len(d.unread) == 0 || status.OfFindings(d.findings) != nil {
		return nil
	}
	return errors.New("the audit is not complete: " + strings.Join(d.unread, "; "))
}
