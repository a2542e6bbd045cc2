// Package inventory remembers on the cluster what a deploy has applied: in a ConfigMap, and by a mark on each object.
package inventory

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

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// Inventory names one deploy and the namespace in which its ConfigMap is.
type Inventory struct{ Deploy, Namespace string }

// Ref is the ConfigMap. The name of a deploy may contain any character, an object's may not.
func (i Inventory) Ref() server.Ref {
	return server.Ref{
		Kind:      schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"},
		Resource:  schema.GroupVersionResource{Version: "v1", Resource: "configmaps"},
		Namespace: i.Namespace,
		Name:      fmt.Sprintf("multiarch-deploy-inventory-%.5x", sha256.Sum256([]byte(i.Deploy))),
	}
}

// entry is an object in the ConfigMap. It has no version: that may change while the object stays the same.
type entry struct {
	Group     string `json:"group,omitempty"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// Read returns what earlier runs applied, and the ConfigMap's resourceVersion, "" if there is none yet.
func (i Inventory) Read(ctx context.Context, s *server.Server) (keys []object.Key, version string, err error) {
	live, err := s.Get(ctx, i.Ref())
	if apierrors.IsNotFound(err) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	keys, err = listed(live)
	if err != nil {
		return nil, "", &server.Refusal{
			Why: fmt.Sprintf("the inventory of this deploy can't be read: %v", err),
			Fix: "Delete it: the next run starts a new one, and forgets what only earlier runs applied. " + i.Ref().Delete(""),
		}
	}
	return keys, live.GetResourceVersion(), nil
}

// Namespaces returns the namespaces whose inventories of the deploy contain an object, by one request for all of them.
// These credentials may lack the permission for it.
func (i Inventory) Namespaces(ctx context.Context, s *server.Server) (map[object.Key][]string, error) {
	ref := i.Ref()
	ref.Namespace = ""
	found, err := s.Named(ctx, ref)
	if err != nil {
		return nil, err
	}
	namespaces := map[object.Key][]string{}
	for _, configMap := range found {
		keys, err := listed(&configMap)
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			namespaces[k] = append(namespaces[k], configMap.GetNamespace())
		}
	}
	return namespaces, nil
}

func listed(configMap *unstructured.Unstructured) (keys []object.Key, err error) {
	var entries []entry
	text, _, _ := unstructured.NestedString(configMap.Object, "data", "objects")
	if err := json.Unmarshal([]byte(text), &entries); err != nil {
		return nil, err
	}
	for _, e := range entries {
		keys = append(keys, object.Key{
			GroupKind: schema.GroupKind{Group: e.Group, Kind: e.Kind}, Namespace: e.Namespace, Name: e.Name,
		})
	}
	return keys, nil
}

// Write writes the ConfigMap, unless another run has written it since it was read at version.
func (i Inventory) Write(ctx context.Context, s *server.Server, keys []object.Key, version string) error {
	u, err := i.configMap(keys)
	if err != nil {
		return err
	}
	u.SetResourceVersion(version)
	err = s.Replace(ctx, i.Ref(), u)
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		return &server.Refusal{
			Why: "another run of this deploy has just written the inventory", Fix: "Let it finish, then deploy again.",
		}
	}
	return err
}

func (i Inventory) configMap(keys []object.Key) (*unstructured.Unstructured, error) {
	var entries []entry
	for _, k := range keys {
		entries = append(entries, entry{k.Group, k.Kind, k.Namespace, k.Name})
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	text, err := json.Marshal(slices.Compact(entries))
	if err != nil {
		return nil, err
	}
	ref := i.Ref()
	u := &unstructured.Unstructured{Object: map[string]any{"data": map[string]any{"objects": string(text)}}}
	u.SetGroupVersionKind(ref.Kind)
	u.SetNamespace(ref.Namespace)
	u.SetName(ref.Name)
	u.SetLabels(map[string]string{"app.kubernetes.io/managed-by": "multiarch-deploy"})
	i.Mark(u)
	return u, nil
}
