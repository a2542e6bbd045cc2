package landing

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
)

// Parted says which required affinity to other pods an assessment leaves no node for, as a clause: the pods that it is
// for run elsewhere. It is "" where there is none, or where it is not known what runs.
func (a Assessor) Parted(ctx context.Context, s Assessment) string {
	w := s.Workload
	if !a.Running || w.Spec.Affinity == nil || w.Spec.Affinity.PodAffinity == nil {
		return ""
	}
	for _, term := range w.Spec.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution {
		if a.selects(term, w, w.Object.GetNamespace(), w.Metadata.Labels) {
			continue // its first pod may be anywhere
		}
		beside, at := a.besideOf(ctx, w, term)
		if len(at) == 0 { // nobody is there yet
			continue
		}
		meets := func(n *corev1.Node) bool { return beside[n.Labels[term.TopologyKey]] }
		near := func(c Candidate) bool { return slices.ContainsFunc(c.nodes, meets) }
		if !slices.ContainsFunc(s.Where(Candidate.Lands), near) {
			return fmt.Sprintf("its affinity to pods with %s keeps it beside them on %s, where its images do not run",
				metav1.FormatLabelSelector(term.LabelSelector), Names(at))
		}
	}
	return ""
}

// besideOf returns the values of a term's topology where pods are that it is about, or could be with this deploy, and
// the classes of nodes where they are.
func (a Assessor) besideOf(ctx context.Context, w pods.Workload, term corev1.PodAffinityTerm) (map[string]bool,
	[]Candidate) {
	values := map[string]bool{}
	on := map[string]bool{} // names of nodes
	for i := range a.Pods {
		pod := &a.Pods[i]
		on[pod.Spec.NodeName] = on[pod.Spec.NodeName] || a.selects(term, w, pod.Namespace, pod.Labels)
	}
	for _, other := range a.workloads {
		if !a.selects(term, w, other.Object.GetNamespace(), other.Metadata.Labels) {
			continue
		}
		for _, c := range a.Assess(ctx, other).Where(Candidate.Lands) {
			for _, n := range c.nodes {
				on[n.Name] = true
			}
		}
	}
	var at []Candidate
	for i := range a.classes {
		for _, n := range a.classes[i].nodes {
			if value, labelled := n.Labels[term.TopologyKey]; labelled && on[n.Name] {
				values[value] = true
				at = append(at, Candidate{nodeClass: &nodeClass{
					Platform: a.classes[i].Platform, PlatformName: a.classes[i].PlatformName, Names: []string{n.Name}}})
			}
		}
	}
	return values, at
}

// selects reports whether an affinity term of a workload is about pods with the labels in a namespace.
func (a Assessor) selects(term corev1.PodAffinityTerm, w pods.Workload, namespace string, of map[string]string) bool {
	selector, err := metav1.LabelSelectorAsSelector(term.LabelSelector)
	return err == nil && selector.Matches(labels.Set(of)) && a.inNamespaces(term, w, namespace)
}

func (a Assessor) inNamespaces(term corev1.PodAffinityTerm, w pods.Workload, namespace string) bool {
	if len(term.Namespaces) == 0 && term.NamespaceSelector == nil {
		return namespace == w.Object.GetNamespace()
	}
	selector, err := metav1.LabelSelectorAsSelector(term.NamespaceSelector) // nil selects none
	return slices.Contains(term.Namespaces, namespace) || err == nil &&
		slices.ContainsFunc(a.Namespaces, func(n corev1.Namespace) bool {
			return n.Name == namespace && selector.Matches(labels.Set(n.Labels))
		})
}
