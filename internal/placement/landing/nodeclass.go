package landing

import (
	"slices"
	"strings"

	"github.com/containerd/platforms"
	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

// nodeClass stands for all nodes that none of the workloads at hand can tell apart. A big cluster has few classes, so
// planning does not slow down with its size.
type nodeClass struct {
	platforms.Platform
	PlatformName string         // in words, "linux/arm64"
	nodes        []*corev1.Node // all of them
	taints       []corev1.Taint // those that last and keep pods off
	Names        []string       // in order
	Resting      []string       // those of them that take no pods for now, each with the reason
	Pool         *pool.Pool     // of which there is no such node yet; nil for nodes that are there
	others       bool           // the pool has other nodes
}

// guessed: nobody has announced such nodes. A plan that holds whatever nodes there are asks about them.
func (c nodeClass) guessed() bool { return c.Pool != nil && c.Pool.Source == pool.Platforms }

// poolClasses are the kinds of nodes that pools can have and that are not there yet.
func poolClasses(pools []pool.Pool, nodes []corev1.Node, asked []pool.Asked) []nodeClass {
	var classes []nodeClass
	for i := range pools {
		others := slices.ContainsFunc(pools, func(p pool.Pool) bool {
			return p.Source == pools[i].Source && p.Name == pools[i].Name && p.Count(nodes) > 0
		})
		for _, made := range pools[i].Nodes(nodes, asked) {
			platform := node.Platform(&made)
			classes = append(classes, nodeClass{Platform: platform, PlatformName: platforms.Format(platform),
				nodes: []*corev1.Node{&made}, taints: node.Lasting(&made), Pool: &pools[i], others: others})
		}
	}
	return classes
}

func classesOf(nodes []corev1.Node, asked questions) []nodeClass {
	index := map[string]int{}
	var classes []nodeClass
	for n := range nodes {
		at := &nodes[n]
		key := asked.answers(at)
		i, found := index[key]
		if !found {
			i = len(classes)
			index[key] = i
			p := node.Platform(at)
			classes = append(classes, nodeClass{Platform: p, PlatformName: platforms.Format(p), taints: node.Lasting(at)})
		}
		classes[i].nodes = append(classes[i].nodes, at)
		classes[i].Names = append(classes[i].Names, at.Name)
		if why := node.Unavailable(at); why != "" {
			classes[i].Resting = append(classes[i].Resting, at.Name+" is "+why)
		}
	}
	for _, s := range classes {
		slices.Sort(s.Names)
	}
	return classes
}

// Example is one of the nodes, and stands for all.
func (c nodeClass) Example() *corev1.Node { return c.nodes[0] }

// questions are what the workloads ask about a node, besides its platform and taints.
type questions struct {
	labels    []string
	name      bool
	resources []corev1.ResourceName
}

func questionsOf(workloads []pods.Workload, storage pods.Storage) questions {
	q := questions{labels: []string{corev1.LabelArchStable, corev1.LabelOSStable}} // a patch may ask for these
	volumes := false
	for _, w := range workloads {
		volumes = volumes || len(w.Claims)+len(w.Spec.Volumes) > 0
		for name := range pods.RequestsOf(&w.Spec) {
			q.resources = append(q.resources, name)
		}
		q.name = q.name || w.Spec.NodeName != ""
		for key := range w.Spec.NodeSelector {
			q.labels = append(q.labels, key)
		}
		for _, term := range pods.RequiredTerms(w.Spec) {
			q.name = q.name || len(term.MatchFields) > 0
			for _, e := range term.MatchExpressions {
				q.labels = append(q.labels, e.Key)
			}
		}
	}
	if volumes {
		q.labels = append(q.labels, storage.Labels()...)
	}
	q.labels = distinct(q.labels)
	slices.Sort(q.resources)
	q.resources = slices.Compact(q.resources)
	return q
}

func (q questions) answers(n *corev1.Node) string {
	p := node.Platform(n)
	all := []string{p.OS, p.Architecture}
	if q.name {
		all = append(all, n.Name)
	}
	for _, key := range q.labels {
		if value, ok := n.Labels[key]; ok {
			all = append(all, key+"="+value)
		}
	}
	for _, t := range node.Lasting(n) {
		all = append(all, t.ToString())
	}
	for _, name := range append(q.resources, corev1.ResourcePods) {
		size := n.Status.Allocatable[name]
		all = append(all, size.String())
	}
	return strings.Join(all, "\n")
}
