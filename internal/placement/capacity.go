package placement

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	helper "k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/interpodaffinity"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodeaffinity"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodeports"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/podtopologyspread"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/room"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// capacity adds to the verdicts what finds no room. Pods that land nowhere for another reason, and those that another
// scheduler places, are left out.
func (p planner) capacity(ctx context.Context, verdicts []Verdict, all []workload) error {
	var indexes []int
	var placed []workload
	var workloads []room.Workload
	for i := range verdicts {
		v, w := &verdicts[i], all[i]
		if who := room.Decided(&w.spec); who != "" {
			found := p.note(w, finding.Info, "is not foretold in full: "+who+".")
			found.Code = finding.PlanIncomplete
			v.Findings = append(v.Findings, found)
			continue
		}
		if p.landsSomewhere(*v) {
			indexes, placed = append(indexes, i), append(placed, w)
			workloads = append(workloads, p.roomFor(w))
		}
	}
	forecasts, err := room.Foretell(ctx, p.Cluster, workloads, p.scaling())
	if err != nil {
		return err
	}
	grown, err := p.grown(ctx, forecasts, workloads, all)
	others, err2 := p.elsewhere(ctx, forecasts, placed)
	if err := cmp.Or(err, err2); err != nil {
		return err
	}
	for n, i := range indexes {
		w := all[i]
		if w.daemon() {
			delete(forecasts[n].Why, nodeaffinity.ErrReasonPod) // each of its pods is for one node
		}
		if !waits(verdicts[i].Findings) {
			verdicts[i].Findings = append(verdicts[i].Findings, p.scarce(ctx, w, forecasts[n], grown[n], others[n],
				awaits(verdicts[i].Findings))...)
		}
		verdicts[i].Room = &forecasts[n]
	}
	p.quotas(verdicts, room.Exceeded(p.Quotas, p.Cluster.Pods, workloads, forecasts), all, indexes)
	return nil
}

// waits: it was said that all nodes for a workload take no pods now, so there is no room to speak of.
func waits(findings []finding.Finding) bool {
	return slices.ContainsFunc(findings, func(f finding.Finding) bool {
		return f.Code == finding.NoMatchingNode && f.Severity == finding.Warning
	})
}

// awaits: it was said that the workload waits for a pool's first node.
func awaits(findings []finding.Finding) bool {
	return slices.ContainsFunc(findings, func(f finding.Finding) bool { return f.Code == finding.EmptyPool })
}

func (p planner) scaling() room.Scaling {
	return room.Scaling{Running: p.Autoscalers, Objects: p.Objects}
}

func (p planner) roomFor(w workload) room.Workload {
	return room.Workload{Object: w.object, Template: w.written, Unchanged: p.Unchanged[w.source] && w.object == w.source,
		Pod: func(n int) *corev1.Pod { return w.pod(n, p.storage) }}
}

// landsSomewhere: of a workload that no node would ever take enough has been said.
func (p planner) landsSomewhere(v Verdict) bool {
	for _, outcome := range v.Architectures {
		if outcome != Excluded && outcome != Absent {
			return true
		}
	}
	return false
}

// scarce puts a forecast in words: "finds room for 4 of 6 pods (2 on amd64 and 2 on arm64); 2 do not fit: Insufficient
// cpu on 3 nodes".
func (p planner) scarce(ctx context.Context, w workload, f room.Forecast, g growth, e elsewhere,
	awaited bool) []finding.Finding {
	switch {
	case awaited && f.Err == nil && g.fit >= f.Wanted: // which was said
		return nil
	case f.Err != nil && p.invalid(w, p.assess(ctx, w)) != nil:
		return nil // was said
	case f.Err != nil:
		return []finding.Finding{p.stopped(w, f.Err)}
	case f.Fit < f.Wanted:
		found := p.note(w, p.scarcity(), fmt.Sprintf("finds room for %d of %s%s; %d %s: %s.%s",
			f.Fit, finding.Counted(f.Wanted, "pod"), p.spread(f), f.Wanted-f.Fit, do(f.Wanted-f.Fit),
			cmp.Or(reasons(f.Why), p.unread(w)), g.words(f)))
		found.Fix = p.relief(w, f) + e.words(f)
		if g.fit >= f.Wanted && g.itself() {
			found.Severity, found.Fix = finding.Info, "Nothing: the pool grows when pods wait for it."
		}
		return []finding.Finding{found}
	case f.Stuck:
		return []finding.Finding{p.stuck(w, f)}
	case len(f.Victims) > 0:
		found := p.note(w, finding.Warning, fmt.Sprintf("fits only in place of pods of lower priority, which the scheduler "+
			"would evict: %s.", victims(f.Victims)))
		found.Fix = "Lower its priority, its requests or the number of replicas, or add a node."
		return []finding.Finding{found}
	case f.MostFit < f.Most:
		return []finding.Finding{p.note(w, finding.Info, fmt.Sprintf(
			"may be scaled to %d pods by its HorizontalPodAutoscaler, of which %d fit now.%s", f.Most, f.MostFit,
			g.mostWords()))}
	}
	return nil
}

// stuck is about an update that never gets through.
func (p planner) stuck(w workload, f room.Forecast) finding.Finding {
	found := p.note(w, p.scarcity(), fmt.Sprintf("cannot complete its update: no node has room for a new pod beside the "+
		"old ones that may not go before: %s.", reasons(f.Why)))
	found.Fix = "Lower its requests, add a node, or replace more of its pods at a time: raise maxUnavailable, or set " +
		"strategy: {type: Recreate}."
	switch {
	case f.NoneMayGo:
		found.Message = fmt.Sprintf("%s cannot complete its update: maxUnavailable is 0, and no node has room for a pod "+
			"more while the old ones run: %s.", w.label(), reasons(f.Why))
		found.Fix = oldFirst(w)
	case w.object.GetKind() != "Deployment":
		found.Fix = "Lower its requests, or add a node: its pods are replaced one by one."
	}
	return found
}

// unread says what admission adds to the pods of a DaemonSet, whose controller makes some for nodes that they then
// can't use.
func (p planner) unread(w workload) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(w.spec.NodeSelector)) {
		if who := p.adder(w, key); who != "" {
			all = append(all, fmt.Sprintf("%s selects %s=%s", who, key, w.spec.NodeSelector[key]))
		}
	}
	return platform.Conjoin(all) + ", and its controller, which reads the template alone, makes pods for other nodes too"
}

// stopped is about a pod that the scheduler can't place for an error of its own.
func (p planner) stopped(w workload, err error) finding.Finding {
	found := p.note(w, finding.Error, fmt.Sprintf("stops the scheduler: %s.", oneLine(err.Error())))
	found.Code, found.Fix = finding.NoMatchingNode, "Correct the field that the scheduler names."
	return found
}

// invalid is the error that stops the scheduler when it compares the nodes that a workload fits: the API server lets
// preferred terms in that do not parse. With one node there is nothing to compare.
func (p planner) invalid(w workload, s assessment) error {
	if w.spec.Affinity == nil || w.spec.Affinity.NodeAffinity == nil ||
		countNodes(s.where(func(at candidate) bool { return at.open })) < 2 {
		return nil
	}
	terms := w.spec.Affinity.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution
	_, err := helper.NewPreferredSchedulingTerms(terms)
	return err
}

func (p planner) note(w workload, severity finding.Severity, message string) finding.Finding {
	gvk := w.object.GroupVersionKind()
	return finding.Finding{
		Code: finding.InsufficientCapacity, Severity: severity, Object: object.ID(gvk, w.object),
		Message: w.label() + " " + message,
	}
}

func (p planner) scarcity() finding.Severity {
	if p.CapacityIsError {
		return finding.Error
	}
	return finding.Warning
}

// spread is " (2 on amd64 and 2 on arm64)", or "" where nothing fits.
func (p planner) spread(f room.Forecast) string {
	byArch := map[string]int{}
	for i := range p.Cluster.Nodes {
		n := &p.Cluster.Nodes[i]
		byArch[node.Kind(node.Platform(n))] += f.Nodes[n.Name]
	}
	var parts []string
	for _, arch := range slices.Sorted(maps.Keys(byArch)) {
		if byArch[arch] > 0 {
			parts = append(parts, fmt.Sprintf("%d on %s", byArch[arch], arch))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + platform.Conjoin(parts) + ")"
}

// relief says what would help a workload whose pods do not all fit.
func (p planner) relief(w workload, f room.Forecast) string {
	if f.Why["node(s) didn't match pod topology spread constraints"] > 0 && p.countsTaintedNodes(w) {
		return "Set nodeTaintsPolicy: Honor in its topologySpreadConstraints: by default they count nodes with taints that " +
			"it does not tolerate, where no pod of it can be."
	}
	if w.daemon() && len(f.Why) == 0 {
		return "Add the same nodeSelector to its template."
	}
	return remedyOf(f.Why)
}

// remedyOf is what helps against what keeps pods off the nodes: smaller requests only where resources are short.
func remedyOf(why schedule.Reasons) string {
	any := func(is func(reason string) bool) bool { return slices.ContainsFunc(slices.Collect(maps.Keys(why)), is) }
	short, apart := any(isShortage), why[interpodaffinity.ErrReasonAntiAffinityRulesNotMatch]+
		why[interpodaffinity.ErrReasonExistingAntiAffinityRulesNotMatch] > 0
	switch {
	case short && apart:
		return "Lower its requests or the number of replicas, or add a node; its anti-affinity lets each node take one."
	case short:
		return "Lower its requests or the number of replicas, or add a node."
	case apart:
		return "Lower the number of replicas, add a node, or make its anti-affinity preferred instead of required."
	case why[interpodaffinity.ErrReasonAffinityRulesNotMatch] > 0:
		return "Deploy the pods that it must be beside where it may run, or make its affinity preferred instead of required."
	case why[nodeports.ErrReason] > 0:
		return "Lower the number of replicas, add a node, or remove its hostPort, which each node has once."
	case any(isAboutVolumes):
		return "Add a node where its volumes can be, or use a storage class whose volumes can be on its nodes."
	case why[podtopologyspread.ErrReasonNodeLabelNotMatch] > 0:
		return "Have its topologySpreadConstraints name a topologyKey that the nodes have as a label, or label the nodes."
	case why[podtopologyspread.ErrReasonConstraintsNotMatch] > 0:
		return "Add a node where it has too few pods, or raise maxSkew in its topologySpreadConstraints."
	}
	return "Lower the number of replicas, or add a node."
}

// isAboutVolumes: the scheduler says that a node can't use a pod's volumes, or can't use as many.
func isAboutVolumes(reason string) bool { return strings.Contains(strings.ToLower(reason), "volume") }

// isShortage: the scheduler says that a node lacks resources.
func isShortage(reason string) bool {
	return strings.HasPrefix(reason, "Insufficient ") || reason == "Too many pods"
}

// countsTaintedNodes: a required spread has its nodes' taints ignored, and there are such nodes.
func (p planner) countsTaintedNodes(w workload) bool {
	ignores := slices.ContainsFunc(w.spec.TopologySpreadConstraints, func(c corev1.TopologySpreadConstraint) bool {
		return c.WhenUnsatisfiable == corev1.DoNotSchedule &&
			(c.NodeTaintsPolicy == nil || *c.NodeTaintsPolicy == corev1.NodeInclusionPolicyIgnore)
	})
	return ignores && slices.ContainsFunc(p.Cluster.Nodes, func(n corev1.Node) bool {
		return len(node.Barring(w.spec.Tolerations, n.Spec.Taints)) > 0
	})
}

// quotas adds the limits of namespaces that the deploy would go beyond to the first workload of each, and those that
// keep an update from beginning to its own.
func (p planner) quotas(verdicts []Verdict, exceeded []room.Excess, all []workload, indexes []int) {
	for _, e := range exceeded {
		at := slices.IndexFunc(indexes, func(i int) bool {
			return e.Stalls == all[i].object || e.Stalls == nil && e.Namespace == all[i].object.GetNamespace()
		})
		verdict, w := &verdicts[indexes[at]], all[indexes[at]]
		found := p.note(w, p.scarcity(), fmt.Sprintf("and the others of the deploy need more than the ResourceQuota %s/%s "+
			"allows: %s.", e.Namespace, e.Quota, e))
		found.Fix = "Lower requests, limits or replicas, or raise the quota."
		if e.Stalls != nil {
			found.Message = fmt.Sprintf("%s cannot complete its update: maxUnavailable is 0, and the ResourceQuota %s/%s "+
				"allows no additional pod while the old ones run: %s.", w.label(), e.Namespace, e.Quota, e)
			found.Fix = oldFirst(w) + " Or raise the quota."
		}
		verdict.Findings = append(verdict.Findings, found)
	}
}

// oldFirst is the advice for an update that never moves.
func oldFirst(w workload) string {
	field := "strategy"
	if w.daemon() {
		field = "updateStrategy"
	}
	return "Remove an old pod before creating a new one: " + field + ".rollingUpdate: {maxSurge: 0, maxUnavailable: 1}."
}

// reasons lists "Insufficient cpu on 3 nodes and untolerated taint(s) on 1", the most frequent first.
func reasons(why schedule.Reasons) string {
	texts := slices.SortedFunc(maps.Keys(why), func(a, b string) int {
		return cmp.Or(cmp.Compare(why[b], why[a]), cmp.Compare(a, b))
	})
	for i, text := range texts {
		texts[i] = strings.TrimPrefix(text, "node(s) ") + " on " + finding.Counted(why[text], "node")
	}
	return platform.Conjoin(texts)
}

func victims(all []*corev1.Pod) string {
	names := make([]string, 0, namesShown)
	for _, pod := range all[:min(namesShown, len(all))] {
		names = append(names, pod.Namespace+"/"+pod.Name)
	}
	if more := len(all) - len(names); more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), more)
	}
	return platform.Conjoin(names)
}

func do(n int) string {
	if n == 1 {
		return "does not fit"
	}
	return "do not fit"
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
