package inventory

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// Holders knows what the inventories of deploys contain, each read once in a run.
type Holders struct {
	// Inventory is that of this deploy, and TakeOverFrom names the deploys whose objects it takes over.
	Inventory
	TakeOverFrom []string

	server *server.Server
	mu     sync.Mutex
	known  map[string]heldObjects // by the name of the deploy
}

// NewHolders returns what nothing was read of yet.
func NewHolders(s *server.Server, own Inventory, takeOverFrom []string) *Holders {
	return &Holders{Inventory: own, TakeOverFrom: takeOverFrom, server: s}
}

// heldObjects are the namespaces of a deploy's inventories, by the objects that they contain.
type heldObjects struct {
	namespaces map[object.Key][]string
	err        error
}

func (h *Holders) heldBy(ctx context.Context, deploy string) (map[object.Key][]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	held, ok := h.known[deploy]
	if !ok {
		held.namespaces, held.err = Inventory{Deploy: deploy}.Namespaces(ctx, h.server)
		if h.known == nil {
			h.known = map[string]heldObjects{}
		}
		h.known[deploy] = held
	}
	return held.namespaces, held.err
}

// Check refuses an object that another deploy has applied and still contains: two deploys of one object set it
// back and forth, and either could prune it. A mark whose deploy no longer contains the object counts for nothing.
func (h *Holders) Check(ctx context.Context, k object.Key, live *unstructured.Unstructured) error {
	mark, marked := MarkOf(live)
	if !marked || h.takesOver(mark) {
		return nil
	}
	holder, err := h.holder(ctx, k, mark)
	if holder == "" || err != nil && h.MayMatch(mark) {
		return nil
	}
	return &server.Refusal{
		Why: "it belongs to " + holder,
		Fix: fmt.Sprintf("Remove it from one of the two kustomizations. To move it to this one, name the other once: "+
			"take-over-from: %s", mark.Deploy),
		Conflict: true,
	}
}

func (h *Holders) takesOver(mark Mark) bool {
	return h.Matches(mark) || slices.Contains(h.TakeOverFrom, mark.Deploy)
}

// holder names the deploy, other than this one, whose inventory contains the object of a mark, "" for none. Where the
// inventories can't be read, the mark is taken at its word.
func (h *Holders) holder(ctx context.Context, k object.Key, mark Mark) (string, error) {
	if h.Matches(mark) {
		return "", nil
	}
	if mark.Namespace != "" {
		other := Inventory(mark)
		keys, _, err := other.Read(ctx, h.server)
		if err == nil && !slices.Contains(keys, k) {
			return "", nil
		}
		return mark.String(), err
	}
	held, err := h.heldBy(ctx, mark.Deploy)
	if err != nil {
		return mark.String(), err
	}
	for _, namespace := range held[k] {
		if mark.Namespace = namespace; !h.Matches(mark) {
			return mark.String(), nil
		}
	}
	return "", nil
}

// Elsewhere says why an object that the manifests no longer contain is not this deploy's to delete, "" if it is.
func (h *Holders) Elsewhere(ctx context.Context, live *unstructured.Unstructured) string {
	mark, _ := MarkOf(live)
	if h.Matches(mark) {
		return ""
	}
	if !h.MayMatch(mark) {
		return "it no longer carries the mark of this deploy: another one has taken it over"
	}
	holder, err := h.holder(ctx, object.KeyOf(live), mark)
	switch {
	case err != nil:
		return "an earlier release marked it without the namespace of its inventory, and these credentials may not read " +
			"the ConfigMaps of all namespaces to see which deploy it belongs to; delete it by hand if no one needs it"
	case holder != "":
		return "it belongs to " + holder
	}
	return ""
}

// KeepMark has an object keep the mark of this deploy in a run without an inventory. Otherwise a single run without
// prune would make the next one with it forget the object.
func (i Inventory) KeepMark(desired, live *unstructured.Unstructured) {
	mark, marked := MarkOf(live)
	if _, kept := MarkOf(desired); !kept && marked && i.Matches(mark) {
		i.Mark(desired)
	}
}
