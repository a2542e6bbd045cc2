package capacity

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/room"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// scarce puts a forecast in words: "finds room for 4 of 6 pods (2 on amd64 and 2 on arm64); 2 do not fit: Insufficient
// cpu on 3 nodes".
func (d Deploy) scarce(ctx context.Context, w pods.Workload, f room.Forecast, g growth, e elsewhere,
	awaited bool) []finding.Finding {
	switch {
	case awaited && f.Err == nil && g.fit >= f.Wanted: // which was said
		return nil
	case f.Err != nil && d.Landing.Assess(ctx, w).Invalid() != nil:
		return nil // was said
	case f.Err != nil:
		return []finding.Finding{Stopped(w, f.Err)}
	case f.Fit < f.Wanted:
		found := note(w, d.scarcity(), fmt.Sprintf("finds room for %d of %s%s; %d %s: %s.%s",
			f.Fit, finding.Counted(f.Wanted, "pod"), d.spread(f), f.Wanted-f.Fit, do(f.Wanted-f.Fit),
			cmp.Or(reasons(f.Why), d.unread(w)), g.words(f)))
		found.Fix = d.relief(w, f) + e.words(f)
		if g.fit >= f.Wanted && g.itself() {
			found.Severity, found.Fix = finding.Info, "Nothing: the pool grows when pods wait for it."
		}
		return []finding.Finding{found}
	case f.Stuck:
		return []finding.Finding{d.stuck(w, f)}
	case len(f.Victims) > 0:
		found := note(w, finding.Warning, fmt.Sprintf("fits only in place of pods of lower priority, which the scheduler "+
			"would evict: %s.", victims(f.Victims)))
		found.Fix = "Lower its priority, its requests or the number of replicas, or add a node."
		return []finding.Finding{found}
	case f.MostFit < f.Most:
		return []finding.Finding{note(w, finding.Info, fmt.Sprintf(
			"may be scaled to %d pods by its HorizontalPodAutoscaler, of which %d fit now.%s", f.Most, f.MostFit,
			g.mostWords()))}
	}
	return nil
}

// stuck is about an update that never gets through.
func (d Deploy) stuck(w pods.Workload, f room.Forecast) finding.Finding {
	found := note(w, d.scarcity(), fmt.Sprintf("cannot complete its update: no node has room for a new pod beside the "+
		"old ones that may not go before: %s.", reasons(f.Why)))
	found.Fix = "Lower its requests, add a node, or replace more of its pods at a time: raise maxUnavailable, or set " +
		"strategy: {type: Recreate}."
	switch {
	case f.NoneMayGo:
		found.Message = fmt.Sprintf("%s cannot complete its update: maxUnavailable is 0, and no node has room for a pod "+
			"more while the old ones run: %s.", w.Label(), reasons(f.Why))
		found.Fix = oldFirst(w)
	case w.Object.GetKind() != "Deployment":
		found.Fix = "Lower its requests, or add a node: its pods are replaced one by one."
	}
	return found
}

// unread says what admission adds to the pods of a DaemonSet, whose controller makes some for nodes that they then
// can't use.
func (d Deploy) unread(w pods.Workload) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(w.Spec.NodeSelector)) {
		if who := w.Adder(key, d.Cluster.Namespaces); who != "" {
			all = append(all, fmt.Sprintf("%s selects %s=%s", who, key, w.Spec.NodeSelector[key]))
		}
	}
	return platform.Conjoin(all) + ", and its controller, which reads the template alone, makes pods for other nodes too"
}

// Stopped is about a pod that the scheduler can't place for an error of its own.
func Stopped(w pods.Workload, err error) finding.Finding {
	found := note(w, finding.Error, fmt.Sprintf("stops the scheduler: %s.", oneLine(err.Error())))
	found.Code, found.Fix = finding.NoMatchingNode, "Correct the field that the scheduler names."
	return found
}

func note(w pods.Workload, severity finding.Severity, message string) finding.Finding {
	gvk := w.Object.GroupVersionKind()
	return finding.Finding{
		Code: finding.InsufficientCapacity, Severity: severity, Object: object.ID(gvk, w.Object),
		Message: w.Label() + " " + message,
	}
}

func (d Deploy) scarcity() finding.Severity {
	if d.IsError {
		return finding.Error
	}
	return finding.Warning
}

// spread is " (2 on amd64 and 2 on arm64)", or "" where nothing fits.
func (d Deploy) spread(f room.Forecast) string {
	byArch := map[string]int{}
	for i := range d.Cluster.Nodes {
		n := &d.Cluster.Nodes[i]
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

// quotas adds the limits of namespaces that the deploy would go beyond to the first workload of each, and those that
// keep an update from beginning to its own.
func (d Deploy) quotas(answers []Answer, exceeded []room.Excess, placed []pods.Workload, indexes []int) {
	for _, e := range exceeded {
		at := slices.IndexFunc(placed, func(w pods.Workload) bool {
			return e.Stalls == w.Object || e.Stalls == nil && e.Namespace == w.Object.GetNamespace()
		})
		answer, w := &answers[indexes[at]], placed[at]
		found := note(w, d.scarcity(), fmt.Sprintf("and the others of the deploy need more than the ResourceQuota %s/%s "+
			"allows: %s.", e.Namespace, e.Quota, e))
		found.Fix = "Lower requests, limits or replicas, or raise the quota."
		if e.Stalls != nil {
			found.Message = fmt.Sprintf("%s cannot complete its update: maxUnavailable is 0, and the ResourceQuota %s/%s "+
				"allows no additional pod while the old ones run: %s.", w.Label(), e.Namespace, e.Quota, e)
			found.Fix = oldFirst(w) + " Or raise the quota."
		}
		answer.Findings = append(answer.Findings, found)
	}
}

// oldFirst is the advice for an update that never moves.
func oldFirst(w pods.Workload) string {
	field := "strategy"
	if w.IsDaemonSet() {
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
	names := make([]string, len(all))
	for i, pod := range all {
		names[i] = pod.Namespace + "/" + pod.Name
	}
	return landing.Listed(names, len(names))
}

func do(n int) string {
	if n == 1 {
		return "does not fit"
	}
	return "do not fit"
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
