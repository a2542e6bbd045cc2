package ownership

import (
	"bytes"
	"reflect"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// lastApplied is the annotation in which kubectl apply without --server-side keeps the manifest.
var lastApplied = fieldpath.MakePathOrDie("metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")

// IsOwned reports whether any manager has set a field, other than by a subresource.
func IsOwned(live *unstructured.Unstructured, path fieldpath.Path) bool {
	return slices.ContainsFunc(live.GetManagedFields(), func(entry metav1.ManagedFieldsEntry) bool {
		fields, err := fieldsOf(entry)
		return err == nil && entry.Subresource == "" && fields.Has(path)
	})
}

// Migration says which fields of a live object change hands before our manager applies it.
//
// kubectl apply and this program write the same manifests, so what kubectl applied is ours from the first apply on:
// otherwise each field that leaves the manifests stayed, owned by a manager that never applies again. kubectl does the
// same when it changes to --server-side, by k8s.io/client-go/util/csaupgrade; that knows neither kubectl's own
// server-side entries nor those of another version of the kind, which it drops.
type Migration struct {
	// Manager is our field manager, and APIVersion that of the manifest.
	Manager, APIVersion string
	// From are further managers whose fields become ours.
	From []string
	// Release are fields that we no longer own, and that stay as they are.
	Release []fieldpath.Path
	// Adopt are fields that no one owns. They become ours, so that the apply removes them.
	Adopt []fieldpath.Path
	// Restate has our entry be of APIVersion, whatever version it was applied at.
	Restate bool
}

// Of returns what the managed fields of live are to become; ok is false if they stay as they are. An entry that
// can't be read stays with its manager.
func (m Migration) Of(live *unstructured.Unstructured) (entries []metav1.ManagedFieldsEntry, ok bool) {
	was := live.GetManagedFields()
	ours, found := metav1.ManagedFieldsEntry{}, false
	set := fieldpath.NewSet()
	for _, entry := range was {
		fields, err := fieldsOf(entry)
		switch own := m.owns(entry); {
		case err != nil || !own && !m.takes(entry, fields):
			entries = append(entries, entry)
			continue
		case own || !found:
			ours, found = entry, true
		}
		set = set.Union(fields)
	}
	adopted := m.adopted(entries)
	set = set.Union(fieldpath.NewSet(adopted...))
	set = set.RecursiveDifference(fieldpath.NewSet(m.Release...))
	if !found && len(adopted) == 0 {
		return nil, false
	}
	entries = append(entries, m.entry(ours, set))
	return entries, !sameEntries(was, entries)
}

// adopted returns the fields to adopt that really have no other owner.
func (m Migration) adopted(others []metav1.ManagedFieldsEntry) []fieldpath.Path {
	return slices.DeleteFunc(slices.Clone(m.Adopt), func(path fieldpath.Path) bool {
		return slices.ContainsFunc(others, func(entry metav1.ManagedFieldsEntry) bool {
			fields, err := fieldsOf(entry)
			return err != nil || fields.Has(path)
		})
	})
}

func (m Migration) entry(from metav1.ManagedFieldsEntry, set *fieldpath.Set) metav1.ManagedFieldsEntry {
	from.Manager, from.Operation, from.Subresource = m.Manager, metav1.ManagedFieldsOperationApply, ""
	if m.Restate || from.APIVersion == "" {
		from.APIVersion = m.APIVersion
	}
	raw, err := set.ToJSON()
	if err != nil {
		panic(err) // it was read from JSON
	}
	from.FieldsType, from.FieldsV1 = "FieldsV1", &metav1.FieldsV1{}
	from.FieldsV1.SetRawBytes(raw)
	return from
}

func (m Migration) owns(entry metav1.ManagedFieldsEntry) bool {
	return entry.Manager == m.Manager && entry.Operation == metav1.ManagedFieldsOperationApply && entry.Subresource == ""
}

// takes reports whether the fields of an entry become ours.
func (m Migration) takes(entry metav1.ManagedFieldsEntry, fields *fieldpath.Set) bool {
	if entry.Subresource != "" {
		return false
	}
	if slices.Contains(m.From, entry.Manager) {
		return true
	}
	switch entry.Manager {
	case "kubectl-client-side-apply", "before-first-apply":
		return true
	case "kubectl": // of kubectl apply --server-side, or of a kubectl apply from before managers had names of their own
		return entry.Operation == metav1.ManagedFieldsOperationApply || fields.Has(lastApplied)
	case "kubectl-create": // of kubectl create --save-config
		return fields.Has(lastApplied)
	}
	return false
}

// fieldsOf reads the fields of an entry.
func fieldsOf(entry metav1.ManagedFieldsEntry) (*fieldpath.Set, error) {
	set := fieldpath.NewSet()
	if entry.FieldsV1 == nil {
		return set, nil
	}
	return set, set.FromJSON(bytes.NewReader(entry.FieldsV1.GetRawBytes()))
}

func sameEntries(a, b []metav1.ManagedFieldsEntry) bool {
	if len(a) != len(b) {
		return false
	}
	for _, entry := range a {
		if !slices.ContainsFunc(b, func(other metav1.ManagedFieldsEntry) bool { return sameEntry(entry, other) }) {
			return false
		}
	}
	return true
}

func sameEntry(a, b metav1.ManagedFieldsEntry) bool {
	fieldsA, errA := fieldsOf(a)
	fieldsB, errB := fieldsOf(b)
	if errA != nil || errB != nil {
		return reflect.DeepEqual(a, b)
	}
	return a.Manager == b.Manager && a.Operation == b.Operation && a.Subresource == b.Subresource &&
		a.APIVersion == b.APIVersion && fieldsA.Equals(fieldsB)
}
