package landing

import (
	"cmp"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
)

// ByArchitecture groups candidates, ordered by architecture and then OS.
func ByArchitecture(candidates []Candidate) [][]Candidate {
	slices.SortStableFunc(candidates, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(a.Architecture, b.Architecture), cmp.Compare(a.OS, b.OS))
	})
	var all [][]Candidate
	for i, s := range candidates {
		if i == 0 || candidates[i-1].Architecture != s.Architecture || candidates[i-1].OS != s.OS {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], s)
	}
	return all
}

// ByTaints groups candidates that the same tolerations open, those with the most nodes first.
func ByTaints(candidates []Candidate) [][]Candidate {
	var groups [][]Candidate
	index := map[string]int{}
	for _, at := range candidates {
		key := strings.Join(distinct(node.TaintTexts(at.Barred)), ",")
		i, found := index[key]
		if !found {
			i = len(groups)
			index[key], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], at)
	}
	slices.SortStableFunc(groups, func(a, b []Candidate) int { return cmp.Compare(countNodes(b), countNodes(a)) })
	return groups
}
