package landing

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	nodeaffinityplugin "k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodeaffinity"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodename"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// requirement is one of the things that a pod spec asks of a node.
type requirement struct {
	text   string
	labels []string       // that it is about
	spec   corev1.PodSpec // which asks nothing else
}

func (a Assessor) requirements(w pods.Workload) []requirement {
	var all []requirement
	spec := w.Spec
	if spec.NodeName != "" {
		all = append(all, requirement{text: "the name " + spec.NodeName, spec: corev1.PodSpec{NodeName: spec.NodeName}})
	}
	for _, key := range slices.Sorted(maps.Keys(spec.NodeSelector)) {
		selector := map[string]string{key: spec.NodeSelector[key]}
		text := key + "=" + selector[key]
		if who := w.Adder(key, a.Namespaces); who != "" {
			text += " (which " + who + " selects)"
		}
		all = append(all, requirement{text, []string{key}, corev1.PodSpec{NodeSelector: selector}})
	}
	if terms := pods.RequiredTerms(spec); len(terms) > 0 {
		text, labels := termsInWords(terms)
		all = append(all, requirement{text, labels, corev1.PodSpec{Affinity: spec.Affinity}})
	}
	return all
}

// termsInWords writes "kubernetes.io/arch In [arm64], pool Exists or zone NotIn [a b]", and names the labels in it.
func termsInWords(terms []corev1.NodeSelectorTerm) (text string, labels []string) {
	var ors []string
	for _, term := range terms {
		var ands []string
		for _, e := range slices.Concat(term.MatchExpressions, term.MatchFields) {
			ands = append(ands, strings.TrimSuffix(fmt.Sprintf("%s %s %v", e.Key, e.Operator, e.Values), " []"))
		}
		for _, e := range term.MatchExpressions {
			labels = append(labels, e.Key)
		}
		ors = append(ors, strings.Join(ands, ", "))
	}
	return strings.Join(ors, " or "), distinct(labels)
}

// met matches as kube-scheduler does.
func (r requirement) met(node *corev1.Node) bool {
	match, err := nodeaffinity.NewRequiredNodeAffinity(r.spec.NodeSelector, r.spec.Affinity).Match(node)
	return match && err == nil && (r.spec.NodeName == "" || r.spec.NodeName == node.Name)
}

// unmet names the requirements that none of the candidates meets, and what these have instead.
func (a Assessor) unmet(w pods.Workload, candidates []Candidate) string {
	all := a.requirements(w)
	var failed, have []string
	for _, r := range all {
		if !slices.ContainsFunc(candidates, func(at Candidate) bool { return r.met(at.Example()) }) {
			failed = append(failed, r.text)
			have = append(have, labelValues(r.labels, candidates)...)
		}
	}
	selected := Inside(candidates)
	switch {
	case len(failed) == 0 && len(selected) > 0:
		return fmt.Sprintf("its images run on %s, which can't take it: %s", Names(selected), obstaclesOf(selected))
	case len(failed) == 0:
		var texts []string
		for _, r := range all {
			texts = append(texts, r.text)
		}
		return "no node on which its images run has at once " + platform.Conjoin(texts)
	case len(have) == 0:
		return "no node on which its images run has " + platform.Conjoin(failed)
	}
	return fmt.Sprintf("no node on which its images run has %s; they have %s", platform.Conjoin(failed),
		platform.Conjoin(have))
}

// Inside are the candidates that something else than name, selectors and affinity keeps a pod off.
func Inside(candidates []Candidate) []Candidate {
	return slices.DeleteFunc(slices.Clone(candidates), func(at Candidate) bool { return isLabels(at.Obstacle) })
}

// isLabels reports whether name, selectors and affinity keep a pod off, of which the requirements know more.
func isLabels(obstacle string) bool {
	return obstacle == nodeaffinityplugin.ErrReasonPod || obstacle == nodename.ErrReason
}

func obstaclesOf(candidates []Candidate) string {
	var all []string
	for _, at := range candidates {
		if at.Obstacle != "" {
			all = append(all, at.Obstacle)
		}
	}
	return platform.Conjoin(distinct(all))
}

// valuesShown is how many values of a label a message names.
const valuesShown = 3

// labelValues returns which values the candidates' nodes have of some labels.
func labelValues(labels []string, candidates []Candidate) []string {
	var all []string
	for _, label := range labels {
		var values []string
		for _, at := range candidates {
			for _, value := range at.values(label) {
				values = append(values, label+"="+value)
			}
		}
		values = distinct(values)
		if len(values) == 0 {
			values = []string{"no label " + label}
		}
		all = append(all, values[:min(valuesShown, len(values))]...)
	}
	return all
}

// values are those of a label that nodes of a class have, or those that a pool's nodes can be made with.
func (c nodeClass) values(label string) []string {
	if c.Pool != nil && label != corev1.LabelArchStable && label != corev1.LabelOSStable {
		if choices, ok := c.Pool.Choices[label]; ok {
			return choices
		}
		if _, fixed := c.Pool.Labels[label]; !fixed {
			return nil // it can have what is asked for
		}
	}
	if value, ok := c.Example().Labels[label]; ok {
		return []string{value}
	}
	return nil
}
