package apply

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// inventoryMark is the annotation that says which deploy an object belongs to. As it is applied with the object, another deploy
// that applies the same object takes it over, or, keeping no inventory, removes it: the object then is no longer ours.
const inventoryMark = "multiarch-deploy.github.io/inventory"

func mark(u *unstructured.Unstructured, inventory string) {
	annotations := u.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[inventoryMark] = inventory
	u.SetAnnotations(annotations)
}

// entry is an object of the inventory. It has no version: that may change while the object stays the same.
type entry struct {
	Group     string `json:"group,omitempty"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

func (e entry) key() key {
	return key{schema.GroupKind{Group: e.Group, Kind: e.Kind}, e.Namespace, e.Name}
}

func entryOf(k key) entry { return entry{k.Group, k.Kind, k.namespace, k.name} }

// inventoryTarget is the ConfigMap that remembers what a deploy has applied. An inventory's name may hold any character, an object's not.
func inventoryTarget(opts Options) *target {
	u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap"}}
	u.SetNamespace(opts.Namespace)
	u.SetName(fmt.Sprintf("multiarch-deploy-inventory-%.5x", sha256.Sum256([]byte(opts.Inventory))))
	u.SetLabels(map[string]string{"app.kubernetes.io/managed-by": "multiarch-deploy"})
	mark(u, opts.Inventory)
	return &target{desired: u, resource: schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}}
}

// recall reads the inventory: what earlier runs applied, and the ConfigMap's resourceVersion, "" if there is none yet.
func (r *run) recall(ctx context.Context) (entries []entry, version string, err error) {
	live, err := r.get(ctx, inventoryTarget(r.opts))
	if apierrors.IsNotFound(err) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	text, _, _ := unstructured.NestedString(live.Object, "data", "objects")
	if err := json.Unmarshal([]byte(text), &entries); err != nil {
		return nil, "", &refusal{
			why: fmt.Sprintf("the inventory of this deploy can't be read: %v", err),
			fix: "Delete it: the next run starts a new one, and forgets what only earlier runs applied. " + deletion(inventoryTarget(r.opts)),
		}
	}
	return entries, live.GetResourceVersion(), nil
}

// remember adds the objects of this run to the inventory, before they are applied: an interrupted run must not leave
// behind what no later one knows of.
func (r *run) remember(ctx context.Context) error {
	earlier, version, err := r.recall(ctx)
	if err != nil {
		return err
	}
	return r.record(ctx, append(earlier, r.entries()...), version)
}

func (r *run) entries() []entry {
	var all []entry
	for k := range r.byKey {
		all = append(all, entryOf(k))
	}
	return all
}

// record writes the inventory, unless someone wrote it since it was read at version.
func (r *run) record(ctx context.Context, entries []entry, version string) error {
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	text, err := json.Marshal(slices.Compact(entries))
	if err != nil {
		return err
	}
	t := inventoryTarget(r.opts)
	if err := unstructured.SetNestedField(t.desired.Object, string(text), "data", "objects"); err != nil {
		return err
	}
	t.desired.SetResourceVersion(version)
	err = r.replace(ctx, t)
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		return &refusal{why: "another run of this deploy has just written the inventory", fix: "Let it finish, then deploy again."}
	}
	return err
}
