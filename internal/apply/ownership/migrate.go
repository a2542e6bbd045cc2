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
var lastApplied = []string{"metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"}

// IsOwned reports whether any manager has set a field, by the names that lead to it, other than by a subresource.
func IsOwned(live *unstructured.Unstructured, path ...string) bool {
	return slices.ContainsFunc(Entries(live), func(e Entry) bool { return e.Subresource == "" && e.has(path...) })
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
	owners := Entries(live)
	if m.isNone(owners) {
		return nil, false
	}
	was := live.GetManagedFields()
	if len(was) != len(owners) {
		return nil, false // one of them is malformed
	}
	ours, found := metav1.ManagedFieldsEntry{}, false
	set := fieldpath.NewSet()
	for i, entry := range was {
		fields, err := fieldsOf(entry)
		switch own := owners[i].isApplyOf(m.Manager); {
		case err != nil || !own && !m.takes(owners[i]):
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

// isNone reports whether, by the managers alone, nothing changes hands: so it is with nearly all objects.
func (m Migration) isNone(owners []Entry) bool {
	ours := 0
	for _, e := range owners {
		own := e.isApplyOf(m.Manager)
		if own && e.APIVersion == "" || !own && m.takes(e) {
			return false
		}
		if own {
			ours++
		}
	}
	return ours <= 1 && !m.Restate && len(m.Release)+len(m.Adopt) == 0
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

// takes reports whether the fields of an entry become ours.
func (m Migration) takes(entry Entry) bool {
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
		return entry.Applied || entry.has(lastApplied...)
	case "kubectl-create": // of kubectl create --save-config
		return entry.has(lastApplied...)
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
