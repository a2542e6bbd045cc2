// Package foresee computes what a server-side apply would make of an object whose managed fields are moved first.
//
// A dry run can't tell: it is one request, and the API server takes the managed fields as they are. So the apply is
// computed here, by the API server's own algorithm (sigs.k8s.io/structured-merge-diff) and its own schema, and the
// result goes through a dry run of a merge patch, which adds defaults, admission and validation.
package foresee

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/kube-openapi/pkg/spec3"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/merge"
	"sigs.k8s.io/structured-merge-diff/v6/typed"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

// Schemas are the API server's schemas, each read when it is first needed. They may be used by several goroutines at
// once.
type Schemas struct {
	server *server.Server
	mu     sync.Mutex
	known  map[schema.GroupVersion]managedfields.TypeConverter
}

// New returns the schemas of a server.
func New(s *server.Server) *Schemas {
	return &Schemas{server: s, known: map[schema.GroupVersion]managedfields.TypeConverter{}}
}

func (s *Schemas) of(ctx context.Context, gv schema.GroupVersion) (managedfields.TypeConverter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.known[gv]; ok {
		return known, nil
	}
	text, err := s.server.Schema(ctx, gv)
	if err != nil {
		return nil, err
	}
	spec := &spec3.OpenAPI{}
	if err := json.Unmarshal(text, spec); err != nil {
		return nil, fmt.Errorf("reading the schema of %s: %w", gv, err)
	}
	if spec.Components == nil {
		return nil, fmt.Errorf("the schema of %s is empty", gv)
	}
	known, err := managedfields.NewTypeConverter(spec.Components.Schemas, false)
	if err != nil {
		return nil, fmt.Errorf("reading the schema of %s: %w", gv, err)
	}
	s.known[gv] = known
	return known, nil
}

// Apply returns what live with the managed fields entries becomes when desired is applied. Neither changes. The error
// is a server.FieldConflicts where other managers own fields.
func (s *Schemas) Apply(
	ctx context.Context, live, desired *unstructured.Unstructured, entries []metav1.ManagedFieldsEntry, how server.Apply,
) (*unstructured.Unstructured, error) {
	converter, err := s.of(ctx, desired.GroupVersionKind().GroupVersion())
	if err != nil {
		return nil, err
	}
	from, err := converter.ObjectToTyped(bare(live), typed.AllowDuplicates)
	if err != nil {
		return nil, err
	}
	config, err := converter.ObjectToTyped(bare(desired))
	if err != nil {
		return nil, err
	}
	managers, owners := managersOf(entries, how.Manager)
	updater := (&merge.UpdaterBuilder{Converter: oneVersion{}, ReturnInputOnNoop: true}).BuildUpdater()
	version := fieldpath.APIVersion(desired.GetAPIVersion())
	result, _, err := updater.Apply(from, config, version, managers, how.Manager, how.Force)
	var conflicts merge.Conflicts
	if errors.As(err, &conflicts) {
		return nil, named(conflicts, owners)
	}
	if err != nil {
		return nil, err
	}
	object, ok := result.AsValue().Unstructured().(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the merge of %s is no object", desired.GetKind())
	}
	return &unstructured.Unstructured{Object: object}, nil
}

// bare is an object without what no manager owns: see stripMeta in
// k8s.io/apimachinery/pkg/util/managedfields/internal.
func bare(u *unstructured.Unstructured) *unstructured.Unstructured {
	u = u.DeepCopy()
	u.SetManagedFields(nil)
	unstructured.RemoveNestedField(u.Object, "status")
	for _, field := range []string{"creationTimestamp", "selfLink", "uid", "generation", "resourceVersion"} {
		unstructured.RemoveNestedField(u.Object, "metadata", field)
	}
	return u
}

// managersOf reads entries as the merge takes them. An Apply entry of our manager is by its name alone, any other
// entry by its place.
func managersOf(entries []metav1.ManagedFieldsEntry, ours string) (
	fieldpath.ManagedFields, map[string]metav1.ManagedFieldsEntry,
) {
	managers, owners := fieldpath.ManagedFields{}, map[string]metav1.ManagedFieldsEntry{}
	for i, entry := range entries {
		set := fieldpath.NewSet()
		if entry.FieldsV1 == nil || set.FromJSON(bytes.NewReader(entry.FieldsV1.GetRawBytes())) != nil {
			continue
		}
		applied := entry.Operation == metav1.ManagedFieldsOperationApply
		id := fmt.Sprintf("%d %s", i, entry.Manager)
		if applied && entry.Manager == ours && entry.Subresource == "" {
			id = ours
		}
		// All are read in the version of the manifest. A field that is called otherwise there is one that no one owns.
		managers[id] = fieldpath.NewVersionedSet(set, fieldpath.APIVersion(entry.APIVersion), applied)
		owners[id] = entry
	}
	return managers, owners
}

// named says whose fields are in conflict.
func named(conflicts merge.Conflicts, owners map[string]metav1.ManagedFieldsEntry) server.FieldConflicts {
	var all server.FieldConflicts
	for _, c := range conflicts {
		entry := owners[c.Manager]
		f := server.FieldConflict{Field: c.Path.String(), Manager: entry.Manager, Subresource: entry.Subresource}
		if entry.Time != nil {
			f.Since = entry.Time.Time
		}
		all = append(all, f)
	}
	return all
}

// oneVersion takes all versions of a kind for the same.
type oneVersion struct{}

func (oneVersion) Convert(object *typed.TypedValue, _ fieldpath.APIVersion) (*typed.TypedValue, error) {
	return object, nil
}

func (oneVersion) IsMissingVersionError(error) bool { return false }

// MergePatch returns the JSON merge patch that makes to out of from, as far as manifests go.
// See https://www.rfc-editor.org/rfc/rfc7396.
func MergePatch(from, to *unstructured.Unstructured) map[string]any {
	patch := mapPatch(bare(from).Object, bare(to).Object)
	if patch == nil {
		patch = map[string]any{}
	}
	return patch
}

func mapPatch(from, to map[string]any) map[string]any {
	patch := map[string]any{}
	for name := range from {
		if _, stays := to[name]; !stays {
			patch[name] = nil
		}
	}
	for name, value := range to {
		was, both := from[name]
		wasMap, fromMap := was.(map[string]any)
		isMap, toMap := value.(map[string]any)
		switch {
		case both && fromMap && toMap:
			if below := mapPatch(wasMap, isMap); len(below) > 0 {
				patch[name] = below
			}
		case !both || !reflect.DeepEqual(was, value):
			patch[name] = value
		}
	}
	return patch
}
