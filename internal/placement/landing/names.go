package landing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// namesShown is how many nodes a message names; more would bury what it says.
const namesShown = 3

// Names is "aks-arm64-0, aks-arm64-1, aks-arm64-2 and 5 more (arm64)", and of nodes that are not there "a node of
// the AKS pool spot (arm64), which has no node today". Where some are there, those say enough.
func Names(candidates []Candidate) string {
	var names []string
	count := 0
	for _, s := range candidates {
		names = append(names, s.Names[:min(namesShown, len(s.Names))]...)
		count += len(s.Names)
	}
	if count == 0 {
		return poolNames(candidates)
	}
	slices.Sort(names)
	there := slices.DeleteFunc(slices.Clone(candidates), func(at Candidate) bool { return at.Pool != nil })
	return fmt.Sprintf("%s (%s)", Listed(names, count), kinds(there))
}

// Listed names the first of many: "a, b, c and 5 more".
func Listed(names []string, count int) string {
	shown := names[:min(namesShown, len(names))]
	if more := count - len(shown); more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(shown, ", "), more)
	}
	return platform.Conjoin(shown)
}

// poolNames is of nodes of which there are none.
func poolNames(candidates []Candidate) string {
	announced := slices.DeleteFunc(slices.Clone(candidates), func(at Candidate) bool { return at.guessed() })
	if len(announced) == 0 {
		return "any " + kinds(candidates) + " node that the cluster may get"
	}
	var titles []string
	such := ""
	for _, at := range announced {
		titles = append(titles, at.Pool.Title())
		if at.others {
			such = "such "
		}
	}
	titles = distinct(titles)
	return fmt.Sprintf("a node of %s (%s), which %s no %snode today", Listed(titles, len(titles)), kinds(announced),
		have(len(titles)), such)
}

func have(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

// kinds lists what candidates are, each once.
func kinds(candidates []Candidate) string {
	var all []string
	for _, at := range candidates {
		all = append(all, at.Kind())
	}
	return strings.Join(distinct(all), ", ")
}

// Kind is the column of a table that a class of nodes belongs to.
func (c nodeClass) Kind() string { return node.Kind(c.Platform) }

func distinct(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}
