package placement

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
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

// alternatives names the groups of nodes that other tolerations would open: " Or tolerate gpu=true:NoSchedule, which
// opens gpu-0 (arm64)." It is "" without any.
func (r remedy) alternatives() string {
	var all []string
	for _, group := range r.others {
		texts := node.TaintTexts(node.DistinctTaints(group[0].Barred))
		all = append(all, fmt.Sprintf("tolerate %s, which opens %s", platform.Conjoin(texts), landing.Names(group)))
	}
	if len(all) == 0 {
		return ""
	}
	if more := len(all) - groupsShown; more > 0 {
		all = append(all[:groupsShown], fmt.Sprintf("the taints of %d more groups of nodes", more))
	}
	return " Or " + strings.Join(all, "; or ") + "."
}

// groupsShown is how many groups of nodes a message names.
const groupsShown = 3

// words says what a repair does: "keep it on amd64 nodes and tolerate kubernetes.io/arch=arm64:NoSchedule".
func (r remedy) words() string {
	var all []string
	if kinds := append(slices.Clone(r.Architectures), r.OS); r.OS != "" || len(r.Architectures) > 0 {
		kinds = slices.DeleteFunc(kinds, func(k string) bool { return k == "" })
		all = append(all, "keep it on "+platform.Conjoin(kinds)+" nodes")
	}
	if len(r.Taints) > 0 {
		all = append(all, "tolerate "+platform.Conjoin(node.TaintTexts(r.Taints)))
	}
	return strings.Join(all, " and ")
}
