package placement

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// parted says which required affinity to other pods an assessment leaves no node for, as a clause: the pods that it is
// for run elsewhere. It is "" where there is none, or where it is not known what runs.
func (p planner) parted(ctx context.Context, s assessment) string {
	w := s.workload
	if !p.Room || w.spec.Affinity == nil || w.spec.Affinity.PodAffinity == nil {
		return ""
	}
	for _, term := range w.spec.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution {
		if p.selects(term, w, w.object.GetNamespace(), w.metadata.Labels) {
			continue // its first pod may be anywhere
		}
		beside, at := p.besideOf(ctx, w, term)
		if len(at) == 0 { // nobody is there yet
			continue
		}
		meets := func(n *corev1.Node) bool { return beside[n.Labels[term.TopologyKey]] }
		near := func(c candidate) bool { return slices.ContainsFunc(c.nodes, meets) }
		if !slices.ContainsFunc(s.where(candidate.lands), near) {
			return fmt.Sprintf("its affinity to pods with %s keeps it beside them on %s, where its images do not run",
				metav1.FormatLabelSelector(term.LabelSelector), nodeNames(at))
		}
	}
	return ""
}

// besideOf returns the values of a term's topology where pods are that it is about, or could be with this deploy, and
// the classes of nodes where they are.
func (p planner) besideOf(ctx context.Context, w workload, term corev1.PodAffinityTerm) (map[string]bool, []candidate) {
	values := map[string]bool{}
	on := map[string]bool{} // names of nodes
	for i := range p.Cluster.Pods {
		pod := &p.Cluster.Pods[i]
		on[pod.Spec.NodeName] = on[pod.Spec.NodeName] || p.selects(term, w, pod.Namespace, pod.Labels)
	}
	for _, other := range p.workloads {
		if !p.selects(term, w, other.object.GetNamespace(), other.metadata.Labels) {
			continue
		}
		for _, c := range p.assess(ctx, other).where(candidate.lands) {
			for _, n := range c.nodes {
				on[n.Name] = true
			}
		}
	}
	var at []candidate
	for i := range p.classes {
		for _, n := range p.classes[i].nodes {
			if value, labelled := n.Labels[term.TopologyKey]; labelled && on[n.Name] {
				values[value] = true
				at = append(at, candidate{nodeClass: &nodeClass{
					Platform: p.classes[i].Platform, platform: p.classes[i].platform, names: []string{n.Name}}})
			}
		}
	}
	return values, at
}

// selects reports whether an affinity term of a workload is about pods with the labels in a namespace.
func (p planner) selects(term corev1.PodAffinityTerm, w workload, namespace string, of map[string]string) bool {
	selector, err := metav1.LabelSelectorAsSelector(term.LabelSelector)
	return err == nil && selector.Matches(labels.Set(of)) && p.inNamespaces(term, w, namespace)
}

func (p planner) inNamespaces(term corev1.PodAffinityTerm, w workload, namespace string) bool {
	if len(term.Namespaces) == 0 && term.NamespaceSelector == nil {
		return namespace == w.object.GetNamespace()
	}
	selector, err := metav1.LabelSelectorAsSelector(term.NamespaceSelector) // nil selects none
	return slices.Contains(term.Namespaces, namespace) || err == nil &&
		slices.ContainsFunc(p.Cluster.Namespaces, func(n corev1.Namespace) bool {
			return n.Name == namespace && selector.Matches(labels.Set(n.Labels))
		})
}
