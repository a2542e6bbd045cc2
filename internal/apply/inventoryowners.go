package apply

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/inventory"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// holders knows what the inventories of deploys contain, each read once in a run.
type holders struct {
	mu    sync.Mutex
	known map[string]heldObjects // by the name of the deploy
}

// heldObjects are the namespaces of a deploy's inventories, by the objects that they contain.
type heldObjects struct {
	namespaces map[object.Key][]string
	err        error
}

func (r *run) heldBy(ctx context.Context, deploy string) (map[object.Key][]string, error) {
	r.holders.mu.Lock()
	defer r.holders.mu.Unlock()
	held, ok := r.holders.known[deploy]
	if !ok {
		held.namespaces, held.err = inventory.Inventory{Deploy: deploy}.Namespaces(ctx, r.Server)
		if r.holders.known == nil {
			r.holders.known = map[string]heldObjects{}
		}
		r.holders.known[deploy] = held
	}
	return held.namespaces, held.err
}

// checkHolder refuses an object that another deploy has applied and still contains: two deploys of one object set it
// back and forth, and either could prune it. A mark whose deploy no longer contains the object counts for nothing.
func (r *run) checkHolder(ctx context.Context, t *item, live *unstructured.Unstructured) error {
	mark, marked := inventory.MarkOf(live)
	if !marked || r.takesOver(mark) {
		return nil
	}
	holder, err := r.holder(ctx, t.Key(), mark)
	if holder == "" || err != nil && r.inventory().MayMatch(mark) {
		return nil
	}
	return &server.Refusal{
		Why: "it belongs to " + holder,
		Fix: fmt.Sprintf("Remove it from one of the two kustomizations. To move it to this one, name the other once: "+
			"take-over-from: %s", mark.Deploy),
		Conflict: true,
	}
}

func (r *run) takesOver(mark inventory.Mark) bool {
	return r.inventory().Matches(mark) || slices.Contains(r.opts.TakeOverFrom, mark.Deploy)
}

// holder names the deploy, other than this one, whose inventory contains the object of a mark, "" for none. Where the
// inventories can't be read, the mark is taken at its word.
func (r *run) holder(ctx context.Context, k object.Key, mark inventory.Mark) (string, error) {
	if r.inventory().Matches(mark) {
		return "", nil
	}
	if mark.Namespace != "" {
		other := inventory.Inventory(mark)
		keys, _, err := other.Read(ctx, r.Server)
		if err == nil && !slices.Contains(keys, k) {
			return "", nil
		}
		return mark.String(), err
	}
	held, err := r.heldBy(ctx, mark.Deploy)
	if err != nil {
		return mark.String(), err
	}
	for _, namespace := range held[k] {
		if mark.Namespace = namespace; !r.inventory().Matches(mark) {
			return mark.String(), nil
		}
	}
	return "", nil
}

// heldElsewhere says why an object that the manifests no longer contain is not this deploy's to delete, "" if it is.
func (r *run) heldElsewhere(ctx context.Context, live *unstructured.Unstructured) string {
	mark, _ := inventory.MarkOf(live)
	if r.inventory().Matches(mark) {
		return ""
	}
	if !r.inventory().MayMatch(mark) {
		return "it no longer carries the mark of this deploy: another one has taken it over"
	}
	holder, err := r.holder(ctx, object.KeyOf(live), mark)
	switch {
	case err != nil:
		return "an earlier release marked it without the namespace of its inventory, and these credentials may not read " +
			"the ConfigMaps of all namespaces to see which deploy it belongs to; delete it by hand if no one needs it"
	case holder != "":
		return "it belongs to " + holder
	}
	return ""
}

// keepMark has an object keep the mark of this deploy in a run without an inventory. Otherwise a single run without
// prune would make the next one with it forget the object.
func (r *run) keepMark(t *item, live *unstructured.Unstructured) {
	mark, marked := inventory.MarkOf(live)
	if _, kept := inventory.MarkOf(t.desired); !kept && marked && r.inventory().Matches(mark) {
		r.inventory().Mark(t.desired)
	}
}
