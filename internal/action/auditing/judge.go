// Package auditing takes the steps of an audit: it reads what runs in a cluster, asks the registries for the images of
// that, and plans for the current nodes and for expected ones. What comes of it is for the package audit to judge.
package auditing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/authn"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/snapshot"
	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/workloads"
)

// Options are what an audit is of, and what it works with.
type Options struct {
	Config   inputs.Config
	Cluster  identity.Cluster
	Keychain authn.Keychain
	// Owner is the owner of the repository that the workflow runs for, or "".
	Owner string

	// Nodes, Pools and Snapshot wait for what is read of the cluster meanwhile.
	Nodes    func() ([]corev1.Node, error)
	Pools    func() []pool.Pool
	Snapshot func() (snapshot.Snapshot, error)

	// Unreadable puts in words that an image can't be looked up.
	Unreadable func(reference string, err error) finding.Finding
	Find       func(...finding.Finding)
	Say        func(format string, args ...any)
	Emit       progress.Sink
	Mask       func(secret string)
}

// Audit is what the steps of an audit hand to one another, and what they come to.
type Audit struct {
	Options

	// Groups are the nodes and pools of the cluster.
	Groups []placement.NodeGroup
	// Verdicts are the plan for the workloads, and Result what it means for each, in the same order.
	Verdicts []placement.Verdict
	Result   *audit.Result

	running []workloads.Workload
	// references are the images of all workloads, each once.
	references []string
	// known are these images, and failed is why a registry did not say what one is, by reference. The lock is for both
	// while registries are asked side by side.
	lock   sync.Mutex
	known  map[string]audit.Image
	failed map[string]error
	// uses are what the pods of the workloads use, in their order.
	uses []use
	// unread are the parts of the cluster, and the registries, without which the audit is not complete.
	unread []string
}

// use is what the pods of a workload use.
type use struct {
	key         template.Key
	images      []string
	pullSecrets []types.NamespacedName
}

// Judge plans for the nodes that there are and for those that may come, and judges what runs by both.
func (a *Audit) Judge(ctx context.Context) error {
	nodes, err := a.Nodes()
	if err != nil {
		return err
	}
	s, err := a.Snapshot()
	if err != nil {
		return err
	}
	s.Nodes = nodes
	now, later, err := a.foresee(ctx, s)
	if err != nil {
		return err
	}
	a.Verdicts = now
	if a.expects() {
		a.Verdicts = later // the plan is for the pools as well
	}
	a.Result = audit.Of(audit.Request{
		Architecture: a.moveTo(), Nodes: nodes, Workloads: a.running, Now: now, Later: later,
		Expected: a.expects(), Images: a.known, Prices: a.Config.Prices,
	})
	a.noNodeCanPull()
	a.Find(a.risks(now, later)...)
	return nil
}

// batch is how many workloads are planned for at a time: what a plan needs beside its verdicts is then soon let go.
const batch = 100

// foresee plans twice: for the current nodes, and for expected ones.
func (a *Audit) foresee(ctx context.Context, s snapshot.Snapshot) (now, later []placement.Verdict, err error) {
	pools := a.Pools()
	today := placement.Request{Cluster: s.Snapshot, Pools: presentPools(pools), Images: map[string]platform.Offer{},
		Policy: placement.Fail}
	for reference, image := range a.known {
		if image.Known {
			today.Images[reference] = image.Offer
		}
	}
	then := today
	then.Moves, then.Pools = []string{a.moveTo()}, a.laterPools(s.Nodes, pools)
	for first := 0; first < len(a.running); first += batch {
		end := min(first+batch, len(a.running))
		present, err := a.verdicts(ctx, today, first, end)
		if err != nil {
			return nil, nil, err
		}
		possible, err := a.verdicts(ctx, then, first, end)
		if err != nil {
			return nil, nil, err
		}
		for i := range present {
			a.trim(&present[i], &possible[i])
		}
		now, later = append(now, present...), append(later, possible...)
		a.forget(first, end)
		a.Emit(progress.Status{Text: fmt.Sprintf("Planning: %d of %d workloads", end, len(a.running))})
	}
	return now, later, nil
}

// trim takes from two verdicts on a workload what neither the audit nor the report is made of. The report has the one
// that a.Verdicts is to be.
func (a *Audit) trim(now, later *placement.Verdict) {
	if later.Images = now.Images; a.expects() {
		*now = placement.Verdict{Images: now.Images, Architectures: now.Architectures, Findings: now.Findings}
	} else {
		*later = placement.Verdict{Images: now.Images, Moves: later.Moves}
	}
}

// forget lets go of all but the names of workloads, once they are judged.
func (a *Audit) forget(first, end int) {
	for i := first; i < end; i++ {
		object := a.running[i].Object
		if a.running[i].Sample = nil; i+1 == len(a.running) || a.running[i+1].Object != object {
			names := map[string]any{"name": object.GetName(), "namespace": object.GetNamespace()}
			object.Object = map[string]any{"apiVersion": object.GetAPIVersion(), "kind": object.GetKind(), "metadata": names}
		}
	}
}

// verdicts are those on some of the workloads, without the objects that they are about.
func (a *Audit) verdicts(ctx context.Context, r placement.Request, first, end int) ([]placement.Verdict, error) {
	r.Admitted = map[template.Key]*corev1.Pod{}
	for i := first; i < end; i++ {
		object := a.running[i].Object
		if i == first || a.running[i-1].Object != object { // else it is another template of it
			r.Objects = append(r.Objects, object)
		}
		r.Admitted[a.uses[i].key] = a.running[i].Sample
	}
	all, err := placement.Plan(ctx, r)
	if err != nil {
		return nil, err
	}
	byKey := map[template.Key]placement.Verdict{}
	for _, v := range all {
		byKey[v.Key] = v
	}
	verdicts := make([]placement.Verdict, 0, end-first)
	for i := first; i < end; i++ {
		v := byKey[a.uses[i].key]
		v.Object, v.Repaired = a.running[i].Object, nil
		verdicts = append(verdicts, v)
	}
	return verdicts, nil
}

// risks are findings about the workloads at risk: errors for those of now, warnings for those with the pool that is
// expected. Those that could land nowhere are worth knowing, and no risk.
func (a *Audit) risks(now, later []placement.Verdict) (all []finding.Finding) {
	for i, row := range a.Result.Rows {
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
	return append(all, a.goneImages()...)
}

// noNodeCanPull corrects the outcome that the plan assumes for images that are gone.
func (a *Audit) noNodeCanPull() {
	for _, v := range a.Verdicts {
		if !slices.ContainsFunc(v.Images, func(reference string) bool { return a.known[reference].Gone }) {
			continue
		}
		for architecture, outcome := range v.Architectures {
			if outcome == landing.Runs {
				v.Architectures[architecture] = landing.PullFails
			}
		}
	}
}

// goneImages is an error for each image that no node could pull any more.
func (a *Audit) goneImages() (all []finding.Finding) {
	for _, reference := range a.references {
		image := a.known[reference]
		if !image.Gone {
			continue
		}
		f := finding.Finding{Code: finding.ImageNotFound, Severity: finding.Error, Image: reference,
			Message: fmt.Sprintf("%s. A node that does not have it already can't start %s.", image.Problem, a.users(reference)),
			Fix:     "Push it again, or have the workload use an image that is there."}
		all = append(all, f)
	}
	return all
}

// usersShown is how many workloads a message about an image names.
const usersShown = 3

// users names the workloads that use an image.
func (a *Audit) users(reference string) string {
	var names []string
	for i, w := range a.running {
		if slices.Contains(a.uses[i].images, reference) {
			names = append(names, object.Name(w.Object.GetKind(), w.Object))
		}
	}
	if more := len(names) - usersShown; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:usersShown], ", "), more)
	}
	return platform.Conjoin(names)
}

// Incomplete is an error where a part of the cluster, or a registry, could not be read: a table that lacks something
// must not look as if it were complete.
func (a *Audit) Incomplete() error {
	if len(a.unread) == 0 {
		return nil
	}
	return errors.New("the audit is not complete: " + strings.Join(a.unread, "; "))
}
