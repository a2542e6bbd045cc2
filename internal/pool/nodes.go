package pool

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
)

// Asked are the values of labels that a workload asks for, by the label. A label that must only exist has none.
type Asked map[string][]string

// variantsPerWorkload bounds how many kinds of nodes a workload can make of a pool.
const variantsPerWorkload = 64

// Nodes are what nodes of the pool can look like that there are none of yet: one for each combination of the labels
// that the pool leaves open and a workload asks about, and one where nobody asks. Their names are no node's.
func (p Pool) Nodes(there []corev1.Node, asked []Asked) []corev1.Node {
	own := p.own(there)
	var all []corev1.Node
	for _, chosen := range p.variants(asked) {
		if !slices.ContainsFunc(own, func(n *corev1.Node) bool { return looksLike(n, chosen) }) {
			all = append(all, p.node(len(all), chosen, own))
		}
	}
	return all
}

// Growth are the nodes that the pool can add to those that are there, at most a number of each that Nodes tells apart.
func (p Pool) Growth(there []corev1.Node, asked []Asked, most int) []corev1.Node {
	own := p.own(there)
	if p.Max != nil {
		most = min(most, *p.Max-len(own))
	}
	var all []corev1.Node
	for _, chosen := range p.variants(asked) {
		for range most {
			all = append(all, p.node(len(all), chosen, own))
		}
	}
	return all
}

// variants are the combinations of open labels that make a difference to somebody.
func (p Pool) variants(asked []Asked) []map[string]string {
	var all []map[string]string
	seen := map[string]bool{}
	for _, a := range append([]Asked{{}}, asked...) {
		for _, chosen := range p.combinations(a) {
			if key := fmt.Sprint(chosen); !seen[key] { // maps are printed in the order of their keys
				seen[key] = true
				all = append(all, chosen)
			}
		}
	}
	return all
}

// own are the pool's among the nodes that are there.
func (p Pool) own(there []corev1.Node) []*corev1.Node {
	var all []*corev1.Node
	for i := range there {
		if p.Has(&there[i]) {
			all = append(all, &there[i])
		}
	}
	return all
}

func looksLike(n *corev1.Node, chosen map[string]string) bool {
	for key, value := range chosen {
		if n.Labels[key] != value {
			return false
		}
	}
	return true
}

// combinations are the labels that a node may have of those that a workload asks about.
func (p Pool) combinations(asked Asked) []map[string]string {
	all := []map[string]string{{}}
	for _, key := range slices.Sorted(maps.Keys(asked)) {
		values := p.values(key, asked[key])
		if len(values) == 0 || len(all)*len(values) > variantsPerWorkload {
			continue
		}
		var next []map[string]string
		for _, labels := range all {
			for _, value := range values {
				with := maps.Clone(labels)
				if value != "" {
					with[key] = value
				}
				next = append(next, with)
			}
		}
		all = next
	}
	return all
}

// values are those that a label can have on the pool's nodes and that make a difference to who asks for some of them:
// "" is a node without the label.
func (p Pool) values(key string, asked []string) []string {
	if _, fixed := p.Labels[key]; fixed || !p.isOpen(key) {
		return nil
	}
	choices, limited := p.Choices[key]
	if !limited {
		if len(asked) == 0 {
			return []string{"any"}
		}
		return append(distinct(asked), "")
	}
	var values []string
	other := false
	for _, value := range choices {
		if slices.Contains(asked, value) {
			values = append(values, value)
		} else if !other {
			values, other = append(values, value), true
		}
	}
	return values
}

func (p Pool) isOpen(key string) bool {
	switch key {
	case corev1.LabelHostname, corev1.LabelArchStable, corev1.LabelOSStable:
		return false
	}
	_, limited := p.Choices[key]
	return limited || p.OpenToAll || slices.ContainsFunc(p.Open, func(open string) bool {
		return open == key || strings.HasSuffix(open, "/") && strings.HasPrefix(key, open)
	})
}

func distinct(words []string) []string { return slices.Compact(slices.Sorted(slices.Values(words))) }

// node is a node of the pool. Of the labels that were not asked about it has the first choice, or what the pool's nodes
// have: a source does not report every label that its cloud sets.
func (p Pool) node(number int, chosen map[string]string, own []*corev1.Node) corev1.Node {
	name := fmt.Sprintf("%s/%s/%s/%d", p.Source, p.Name, p.Architecture, number)
	all, allocatable := map[string]string{}, p.Allocatable
	if len(own) > 0 {
		maps.Copy(all, own[0].Labels)
		if p.Source != Expected {
			allocatable = own[0].Status.Allocatable
		}
	}
	for key, values := range p.Choices {
		all[key] = values[0]
	}
	maps.Copy(all, chosen)
	maps.Copy(all, p.Labels)
	all[corev1.LabelOSStable], all[corev1.LabelHostname] = p.OS, name
	if p.Architecture != node.Unknown {
		all[corev1.LabelArchStable] = p.Architecture
	}
	return corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: all},
		Spec:       corev1.NodeSpec{Taints: slices.Clone(p.Taints)},
		Status:     corev1.NodeStatus{Allocatable: allocatable.DeepCopy()},
	}
}
