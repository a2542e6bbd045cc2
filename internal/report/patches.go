package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Patch is a patch of the file that the command fix writes, and what became of it.
type Patch struct {
	// Object is what the patch names: "Deployment shop/cart".
	Object string      `json:"object"`
	Action PatchAction `json:"action"`
	// Reason is why, in sentences.
	Reason string `json:"reason"`
}

// PatchAction is what became of a patch.
type PatchAction string

// The actions. A patch is kept where the plan does not ask for it today, and it is not known to be needless.
const (
	PatchAdded     PatchAction = "added"
	PatchUpdated   PatchAction = "updated"
	PatchRemoved   PatchAction = "removed"
	PatchKept      PatchAction = "kept"
	PatchUnchanged PatchAction = "unchanged"
)

var patchActions = []PatchAction{PatchAdded, PatchUpdated, PatchRemoved, PatchKept, PatchUnchanged}

// SortPatches puts what changed first, each kind in the order of the objects.
func SortPatches(patches []Patch) {
	slices.SortStableFunc(patches, func(a, b Patch) int {
		return cmp.Or(cmp.Compare(slices.Index(patchActions, a.Action), slices.Index(patchActions, b.Action)),
			cmp.Compare(a.Object, b.Object))
	})
}

// Line is the patch for the log.
func (p Patch) Line() string { return fmt.Sprintf("%s %s: %s", p.Action, p.Object, p.Reason) }

// countPatches is "2 patches added, 1 removed", or "" where there are none.
func countPatches(patches []Patch) string {
	counts := map[PatchAction]int{}
	for _, p := range patches {
		counts[p.Action]++
	}
	var parts []string
	for _, action := range patchActions {
		switch n := counts[action]; {
		case n == 0:
		case len(parts) == 0 && n == 1:
			parts = append(parts, fmt.Sprintf("1 patch %s", action))
		case len(parts) == 0:
			parts = append(parts, fmt.Sprintf("%d patches %s", n, action))
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, action))
		}
	}
	return strings.Join(parts, ", ")
}
