// Package placement decides which node architectures each workload can run on, and what to change where it cannot.
// It looks at values only; callers fetch nodes and image platforms.
package placement

import (
	"cmp"
	"context"
	"maps"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/room"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

// Outcome is what happens to a workload on the nodes of one architecture.
type Outcome string

// The outcomes, as the report spells them.
const (
	// Runs: every image has a binary for these nodes.
	Runs Outcome = "runs"
	// Crashes: a binary for another CPU would be started.
	Crashes Outcome = "crashes"
	// PullFails: an image has nothing that these nodes would take.
	PullFails Outcome = "pull-fails"
	// Excluded: a selector, an affinity or a taint keeps the workload off all of these nodes.
	Excluded Outcome = "excluded"
	// Rejected: the pod is bound, and the kubelet turns it away: its spec.os is another.
	Rejected Outcome = "rejected"
	// Absent: an image is made for this architecture, and the cluster has no such node.
	Absent Outcome = "absent"
)

// badness orders the outcomes that nodes of one architecture can have at the same time, worst last.
func badness(o Outcome) int {
	return slices.Index([]Outcome{Excluded, Runs, PullFails, Crashes, Rejected}, o)
}

func worse(a, b Outcome) Outcome {
	if badness(b) > badness(a) {
		return b
	}
	return a
}

// Request is what a plan is made of. The zero value of each field is for what the caller does not know.
type Request struct {
	// Cluster is what is known of it. With no nodes every architecture is Absent, which is no finding: a cluster that
	// starts its nodes on demand looks like that.
	Cluster schedule.Snapshot
	// Pools are the kinds of nodes that the cluster can have. They are judged like nodes.
	Pools []pool.Pool
	// Objects are those of the deploy; the ones that make no pods are passed over.
	Objects []*unstructured.Unstructured
	// Admitted are pods of the objects as the API server makes them, where it was asked: with what RuntimeClasses,
	// namespaces and webhooks add. The others are judged by their template.
	Admitted map[template.Key]*corev1.Pod
	// Unchanged are the objects that an apply would leave as they are in the cluster.
	Unchanged map[*unstructured.Unstructured]bool
	// Refused are the server's words about the patches that an earlier plan of the same request offered.
	Refused map[template.Key]string
	// Images are what the registries hold, by reference. An image that is missing is taken to run everywhere: who
	// could not read it has said why.
	Images map[string]platform.Offer
	// Foreign are the programs that containers start and nodes could not load, whatever their image's index says.
	Foreign map[ContainerKey][]Foreign
	Policy  Policy
	// Room asks for a forecast of how many pods fit: Cluster then has all pods that run.
	Room bool
	// Quotas are those of the namespaces.
	Quotas []corev1.ResourceQuota
	// Autoscalers are the cluster's. Those among Objects go before them.
	Autoscalers []autoscalingv2.HorizontalPodAutoscaler
	// CapacityIsError makes pods that find no room an error; else they are a warning.
	CapacityIsError bool
	// PatchesAreKept: the patches of Pin and Spread are written to the repository, not made for one deploy.
	PatchesAreKept bool
	// PatchTargets are what the fixes call the objects, for those whose files are known.
	PatchTargets map[*unstructured.Unstructured]PatchTarget
	// Moves are the architectures for which the verdicts say what a move there takes. The cluster has a node of each.
	Moves []string
}

// Verdict is where one workload can run, and what was or should be changed.
type Verdict struct {
	// Source is the object of the Request that the verdict is about.
	Source *unstructured.Unstructured
	// Object is what to apply: Source itself when nothing had to change, else a copy with the patches of all its
	// templates.
	Object *unstructured.Unstructured
	// Images are the references of the pod's init containers and containers, in that order, each once.
	Images []string
	// Key identifies the pod template that the verdict is about.
	Key template.Key
	// Template is what people call it; "" where the object has no other.
	Template string
	// Architectures maps a GOARCH value, or a platform as "windows/amd64" where the OS is not linux, to what happens to
	// Object there. Its keys are the nodes' and the images'.
	Architectures map[string]Outcome
	// WithoutNode are those of Architectures, in order, whose outcome rests on nodes that pools can have and that are not
	// there yet.
	WithoutNode []string
	// Fix is a YAML patch for kustomize, or "" when nothing needs one or none helps.
	Fix string
	// Patch is Fix without the comment on how to list it.
	Patch string
	// Patched reports that Object already holds Fix.
	Patched bool
	// Repaired is Object with Fix made; nil without a fix.
	Repaired *unstructured.Unstructured
	// Reason is why it is there, where it is.
	Reason Reason
	// Findings say what is wrong: errors under Fail and where no patch helps, warnings under Warn, and
	// notes on what was patched under Pin and Spread.
	Findings []finding.Finding
	// Room is how many of the pods fit now; nil where that was not asked for, or is another scheduler's to say.
	Room *room.Forecast
	// Moves are what it takes to run on the architectures that were asked for.
	Moves map[string]Move
}

// Plan returns a verdict for each pod template of the objects, in their order. The error is that the scheduler's
// plugins could not be set up.
func Plan(ctx context.Context, r Request) ([]Verdict, error) {
	workloads := workloadsOf(r.Objects, r.Admitted)
	p, err := newPlanner(ctx, r, workloads)
	if err != nil {
		return nil, err
	}
	defer p.ever.Close()
	verdicts := make([]Verdict, len(workloads))
	patched := map[*unstructured.Unstructured]*unstructured.Unstructured{}
	for i, w := range workloads {
		if other := patched[w.source]; other != nil { // by a template before
			w = w.after(other)
		}
		verdicts[i], workloads[i] = p.judge(ctx, w)
		if verdicts[i].Patched {
			patched[w.source] = verdicts[i].Object
		}
	}
	for i := range verdicts {
		verdicts[i].Object = cmp.Or(patched[verdicts[i].Source], verdicts[i].Source)
	}
	if r.Room && p.hasNodes() {
		return verdicts, p.capacity(ctx, verdicts, workloads)
	}
	return verdicts, ctx.Err()
}

type planner struct {
	Request
	workloads []workload // as they were given
	storage   storage
	classes   []nodeClass
	ever      *schedule.Scheduler // of one empty node per class
}

func newPlanner(ctx context.Context, r Request, workloads []workload) (planner, error) {
	p := planner{Request: r, workloads: slices.Clone(workloads), storage: storageOf(r.Cluster.Storage, r.Objects)}
	p.Cluster.Storage = p.storage.Storage
	p.Cluster.Namespaces = namespacesOf(r)
	p.classes = classesOf(r.Cluster.Nodes, questionsOf(workloads, p.storage))
	if len(r.Pools) > 0 {
		p.classes = append(p.classes, poolClasses(r.Pools, r.Cluster.Nodes, askedOf(workloads, p.storage))...)
	}
	empty := schedule.Snapshot{Storage: p.storage.Storage}
	for _, class := range p.classes {
		empty.Nodes = append(empty.Nodes, *class.any())
	}
	var err error
	p.ever, err = schedule.New(ctx, empty, schedule.Ever)
	return p, err
}

// namespacesOf are those of the cluster once the deploy's own are applied.
func namespacesOf(r Request) []corev1.Namespace {
	all := slices.Clone(r.Cluster.Namespaces)
	for _, obj := range r.Objects {
		namespace := corev1.Namespace{}
		if obj.GroupVersionKind() != corev1.SchemeGroupVersion.WithKind("Namespace") ||
			runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, &namespace) != nil {
			continue
		}
		if namespace.Labels == nil {
			namespace.Labels = map[string]string{}
		}
		namespace.Labels[corev1.LabelMetadataName] = namespace.Name // which the server adds
		all = slices.DeleteFunc(all, func(n corev1.Namespace) bool { return n.Name == namespace.Name })
		all = append(all, namespace)
	}
	return all
}

// judge returns the verdict on a workload, and the workload as it will be.
func (p planner) judge(ctx context.Context, w workload) (Verdict, workload) {
	s := p.assess(ctx, w)
	v := Verdict{Source: w.source, Key: w.key(), Object: w.object, Images: w.images()}
	v.Architectures, v.WithoutNode = p.architectures(s)
	if !w.template.Alone {
		v.Template = w.template.Name
	}
	if len(p.classes) == 0 {
		return v, w
	}
	for _, architecture := range p.Moves {
		if v.Moves == nil {
			v.Moves = map[string]Move{}
		}
		v.Moves[architecture] = p.move(ctx, s, architecture)
	}
	r := p.remedy(ctx, s)
	v.Fix, v.Patched, v.Findings = r.fix, r.applied, p.findings(s, r)
	if r.fix != "" {
		v.Repaired = r.after.workload.object
	}
	if r.applied {
		v.Patch, v.Reason = r.patch, p.reason(s, r)
		w = r.after.workload
		v.Object = w.object
		v.Architectures, v.WithoutNode = p.architectures(r.after)
	}
	return v, w
}

// hasNodes: the cluster has nodes, or pools that can have some.
func (p planner) hasNodes() bool {
	return slices.ContainsFunc(p.classes, func(c nodeClass) bool { return !c.guessed() })
}

// architectures sums up an assessment: the worst that can happen on the nodes of each architecture and OS, and where
// that rests on nodes that are not there yet.
func (p planner) architectures(s assessment) (all map[string]Outcome, withoutNode []string) {
	all = map[string]Outcome{}
	for _, c := range s.workload.containers {
		for _, arch := range p.Images[c.image].Architectures() {
			all[arch] = Absent
		}
	}
	there, possible := map[string]Outcome{}, map[string]Outcome{}
	for _, candidate := range s.candidates {
		worst := Excluded
		if candidate.admitted() || candidate.fails() {
			worst = candidate.outcome()
		}
		if candidate.guessed() && !candidate.fails() {
			continue // nothing runs on a node that nobody announced
		}
		kind := candidate.kind()
		possible[kind] = worse(worst, possible[kind])
		if candidate.pool == nil {
			there[kind] = worse(worst, there[kind])
		}
	}
	maps.Copy(all, possible)
	for _, arch := range slices.Sorted(maps.Keys(possible)) {
		if there[arch] != possible[arch] {
			withoutNode = append(withoutNode, arch)
		}
	}
	return all, withoutNode
}
