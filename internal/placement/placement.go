// Package placement decides which node architectures each workload can run on, and what to change where it cannot.
// It looks at values only; callers fetch nodes and image platforms.
package placement

import (
	"cmp"
	"context"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/capacity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/patch"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/room"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

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
	Foreign map[landing.ContainerKey][]landing.Foreign
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
	PatchTargets map[*unstructured.Unstructured]patch.Target
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
	Architectures map[string]landing.Outcome
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
	workloads := pods.Of(r.Objects, r.Admitted)
	p, err := newPlanner(ctx, r, workloads)
	if err != nil {
		return nil, err
	}
	defer p.landing.Close()
	verdicts := make([]Verdict, len(workloads))
	patched := map[*unstructured.Unstructured]*unstructured.Unstructured{}
	for i, w := range workloads {
		if other := patched[w.Source]; other != nil { // by a template before
			w = w.After(other)
		}
		verdicts[i], workloads[i] = p.judge(ctx, w)
		if verdicts[i].Patched {
			patched[w.Source] = verdicts[i].Object
		}
	}
	for i := range verdicts {
		verdicts[i].Object = cmp.Or(patched[verdicts[i].Source], verdicts[i].Source)
	}
	if r.Room && p.landing.HasNodes() {
		return verdicts, p.foretell(ctx, verdicts, workloads)
	}
	return verdicts, ctx.Err()
}

// judge returns the verdict on a workload, and the workload as it will be.
func (p planner) judge(ctx context.Context, w pods.Workload) (Verdict, pods.Workload) {
	s := p.landing.Assess(ctx, w)
	v := Verdict{Source: w.Source, Key: w.Key(), Object: w.Object, Images: w.Images()}
	v.Architectures, v.WithoutNode = p.landing.Architectures(s)
	if !w.Template.Alone {
		v.Template = w.Template.Name
	}
	if len(s.Candidates) == 0 {
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
		v.Repaired = r.after.Workload.Object
	}
	if r.applied {
		v.Patch, v.Reason = r.patch, p.reason(s, r)
		w = r.after.Workload
		v.Object = w.Object
		v.Architectures, v.WithoutNode = p.landing.Architectures(r.after)
	}
	return v, w
}

type planner struct {
	Request
	storage pods.Storage
	landing landing.Assessor
}

func newPlanner(ctx context.Context, r Request, workloads []pods.Workload) (planner, error) {
	p := planner{Request: r, storage: pods.StorageOf(r.Cluster.Storage, r.Objects)}
	p.Cluster.Storage = p.storage.Storage
	p.Cluster.Namespaces = namespacesOf(r)
	var err error
	p.landing, err = landing.New(ctx, landing.Cluster{Snapshot: p.Cluster, Pools: r.Pools, Images: r.Images,
		Foreign: r.Foreign, Running: r.Room}, workloads, p.storage)
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

// foretell adds to the verdicts what finds no room.
func (p planner) foretell(ctx context.Context, verdicts []Verdict, workloads []pods.Workload) error {
	demands := make([]capacity.Workload, len(verdicts))
	for i, v := range verdicts {
		demands[i] = capacity.Workload{Workload: workloads[i], Lands: v.landsSomewhere(), Findings: v.Findings}
	}
	answers, err := capacity.Foretell(ctx, capacity.Deploy{Cluster: p.Cluster, Pools: p.Pools, Objects: p.Objects,
		Unchanged: p.Unchanged, Quotas: p.Quotas, Autoscalers: p.Autoscalers, IsError: p.CapacityIsError,
		Storage: p.storage, Landing: p.landing,
	}, demands)
	if err != nil {
		return err
	}
	for i, a := range answers {
		verdicts[i].Room, verdicts[i].Findings = a.Room, append(verdicts[i].Findings, a.Findings...)
	}
	return nil
}

// landsSomewhere: some nodes could take the workload.
func (v Verdict) landsSomewhere() bool {
	for _, outcome := range v.Architectures {
		if outcome != landing.Excluded && outcome != landing.Absent {
			return true
		}
	}
	return false
}
