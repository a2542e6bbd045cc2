package placement

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// advice ends a message with what to do, or what was done. otherwise is what else would help, as a sentence without its
// stop.
func (r remedy) advice(otherwise string) string {
	switch {
	case r.applied && r.kept:
		return "Patched to " + r.words() + "."
	case r.applied:
		return "Patched for this deploy to " + r.words() + "."
	case r.fix == "" && otherwise == "" && r.against != "":
		return "No patch helps: " + r.against + "."
	case r.fix == "" && otherwise == "":
		return "No patch helps."
	case r.fix == "":
		return otherwise + "."
	case otherwise == "":
		return "Patch it to " + r.words() + "."
	}
	return otherwise + ", or " + r.words() + "."
}

// words says what a repair does: "keep it on amd64 nodes and tolerate kubernetes.io/arch=arm64:NoSchedule".
func (r repair) words() string {
	var all []string
	if kinds := append(slices.Clone(r.architectures), r.os); r.os != "" || len(r.architectures) > 0 {
		kinds = slices.DeleteFunc(kinds, func(k string) bool { return k == "" })
		all = append(all, "keep it on "+platform.Conjoin(kinds)+" nodes")
	}
	if len(r.taints) > 0 {
		all = append(all, "tolerate "+platform.Conjoin(taintTexts(r.taints)))
	}
	return strings.Join(all, " and ")
}

// alternatives names the groups of nodes that other tolerations would open: " Or tolerate gpu=true:NoSchedule, which
// opens gpu-0 (arm64)." It is "" without any.
func (r remedy) alternatives() string {
	var all []string
	for _, group := range r.others {
		texts := taintTexts(distinctTaints(group[0].barred))
		all = append(all, fmt.Sprintf("tolerate %s, which opens %s", platform.Conjoin(texts), nodeNames(group)))
	}
	if len(all) == 0 {
		return ""
	}
	if more := len(all) - namesShown; more > 0 {
		all = append(all[:namesShown], fmt.Sprintf("the taints of %d more groups of nodes", more))
	}
	return " Or " + strings.Join(all, "; or ") + "."
}

func taintTexts(taints []corev1.Taint) []string {
	all := make([]string, len(taints))
	for i, t := range taints {
		all[i] = t.ToString()
	}
	return all
}

// namesShown is how many nodes a message names; more would bury what it says.
const namesShown = 3

// nodeNames is "aks-arm64-0, aks-arm64-1, aks-arm64-2 and 5 more (arm64)", and of nodes that are not there "a node of
// the AKS pool spot (arm64), which has no node today". Where some are there, those say enough.
func nodeNames(candidates []candidate) string {
	var names []string
	count := 0
	for _, s := range candidates {
		names = append(names, s.names[:min(namesShown, len(s.names))]...)
		count += len(s.names)
	}
	if count == 0 {
		return poolNames(candidates)
	}
	slices.Sort(names)
	there := slices.DeleteFunc(slices.Clone(candidates), func(at candidate) bool { return at.pool != nil })
	return fmt.Sprintf("%s (%s)", listed(names, count), kinds(there))
}

// listed names the first of many: "a, b, c and 5 more".
func listed(names []string, count int) string {
	shown := names[:min(namesShown, len(names))]
	if more := count - len(shown); more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(shown, ", "), more)
	}
	return platform.Conjoin(shown)
}

// poolNames is of nodes of which there are none.
func poolNames(candidates []candidate) string {
	announced := slices.DeleteFunc(slices.Clone(candidates), func(at candidate) bool { return at.guessed() })
	if len(announced) == 0 {
		return "any " + kinds(candidates) + " node that the cluster may get"
	}
	var titles []string
	such := ""
	for _, at := range announced {
		titles = append(titles, at.pool.Title())
		if at.others {
			such = "such "
		}
	}
	titles = distinct(titles)
	return fmt.Sprintf("a node of %s (%s), which %s no %snode today", listed(titles, len(titles)), kinds(announced),
		have(len(titles)), such)
}

func have(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

// kinds lists what candidates are, each once.
func kinds(candidates []candidate) string {
	var all []string
	for _, at := range candidates {
		all = append(all, at.kind())
	}
	return strings.Join(distinct(all), ", ")
}

// kind is the column of a table that a class of nodes belongs to.
func (c nodeClass) kind() string { return node.Kind(c.Platform) }

// byArchitecture groups candidates, ordered by architecture and then OS.
func byArchitecture(candidates []candidate) [][]candidate {
	slices.SortStableFunc(candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.Architecture, b.Architecture), cmp.Compare(a.OS, b.OS))
	})
	var all [][]candidate
	for i, s := range candidates {
		if i == 0 || candidates[i-1].Architecture != s.Architecture || candidates[i-1].OS != s.OS {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], s)
	}
	return all
}
