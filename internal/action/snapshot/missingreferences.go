package snapshot

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/podcount"
	"github.com/multiarch-deploy/multiarch-deploy/internal/reference"
)

// need is what an object of the deploy refers to.
type need struct {
	reference.Reference
	by *unstructured.Unstructured
	// brought is the manifest of what is referred to, nil where the deploy does not bring it.
	brought *unstructured.Unstructured
}

// sighting is what is known of an object that something refers to. The zero value knows nothing.
type sighting struct {
	absent bool
	// keys are those of a Secret or a ConfigMap, nil where they were not read.
	keys map[string]bool
}

// Missing foretells pods that would wait for what is neither in the cluster nor brought by the deploy of the objects,
// or lacks a key. Somebody may still make it, so these are warnings. What may not be read is not reported, nor what is
// known to be missing. foresee returns what an apply would leave of an object.
func (s Snapshot) Missing(ctx context.Context, cluster identity.Cluster, objects []*unstructured.Unstructured,
	known map[object.Key]bool, foresee Foresee) ([]finding.Finding, error) {
	look, err := newLook(s, cluster, foresee)
	if err != nil {
		return nil, err
	}
	needs := slices.DeleteFunc(needed(objects, cluster.Namespace), func(n need) bool { return known[n.Key] })
	toSee := map[object.Key]need{}
	for _, n := range needs { // one that asks for keys is answered for all
		if seen, ok := toSee[n.Key]; !ok || len(seen.Wanted) == 0 {
			toSee[n.Key] = n
		}
	}
	sightings := map[object.Key]sighting{}
	var lock sync.Mutex
	var group errgroup.Group
	group.SetLimit(32)
	for key, n := range toSee {
		group.Go(func() error {
			seen := look.at(ctx, n)
			lock.Lock()
			defer lock.Unlock()
			sightings[key] = seen
			return nil
		})
	}
	_ = group.Wait() // none returns an error
	var findings []finding.Finding
	for _, n := range needs {
		findings = append(findings, n.findings(sightings[n.Key])...)
	}
	return findings, ctx.Err()
}

// Foresee returns what an apply would leave of an object.
type Foresee func(context.Context, *unstructured.Unstructured) (*unstructured.Unstructured, error)

// needed lists what pods and claims of a deploy refer to, as far as the deploy does not bring it with all keys. Objects
// that name no namespace are in that of the deploy.
func needed(objects []*unstructured.Unstructured, namespace string) (list []need) {
	deployed := map[object.Key]*unstructured.Unstructured{}
	for _, o := range objects {
		key := object.KeyOf(o)
		deployed[key] = o // of the cluster, where it has no namespace
		key.Namespace = cmp.Or(key.Namespace, namespace)
		deployed[key] = o
	}
	for _, o := range objects {
		for _, r := range referencesOf(o, cmp.Or(o.GetNamespace(), namespace)) {
			n := need{r, o, deployed[r.Key]}
			lacks := n.brought != nil && len(n.lacking(keysOf(n.brought))) > 0
			if lacks || !reference.Brings(maps.Keys(deployed), r.Key) {
				list = append(list, n)
			}
		}
	}
	return list
}

// lacking are the keys that are asked for and not there.
func (n need) lacking(keys map[string]bool) (list []reference.Wanted) {
	for _, w := range n.Wanted {
		if keys != nil && !keys[w.Key] {
			list = append(list, w)
		}
	}
	return list
}

// keysOf are the keys of a Secret or a ConfigMap.
func keysOf(u *unstructured.Unstructured) map[string]bool {
	keys := map[string]bool{}
	for _, field := range []string{"data", "stringData", "binaryData"} {
		data, _, _ := unstructured.NestedMap(u.Object, field)
		for key := range data {
			keys[key] = true
		}
	}
	return keys
}

// referencesOf is empty for an object that wants no pods.
func referencesOf(u *unstructured.Unstructured, namespace string) []reference.Reference {
	var all []reference.Reference
	if podcount.Wanted(u) != 0 {
		for _, t := range template.Of(u) {
			all = append(all, reference.OfPod(t.Spec, namespace)...)
		}
	}
	return append(all, reference.OfClaims(u)...)
}

// looked are the kinds that are looked up one by one, by their metadata alone.
var looked = map[schema.GroupKind]string{
	reference.Secret: "secrets", reference.ConfigMap: "configmaps", reference.ServiceAccount: "serviceaccounts",
}

// look looks for objects: in what was read of the cluster, and in the cluster.
type look struct {
	Snapshot
	metadata metadata.Interface
	objects  dynamic.Interface
	foresee  Foresee
}

func newLook(s Snapshot, cluster identity.Cluster, foresee Foresee) (look, error) {
	byMetadata, err := metadata.NewForConfig(cluster.Config)
	if err != nil {
		return look{}, fmt.Errorf("connecting to the cluster: %w", err)
	}
	objects, err := dynamic.NewForConfig(cluster.Config)
	if err != nil {
		return look{}, fmt.Errorf("connecting to the cluster: %w", err)
	}
	return look{s, byMetadata, objects, foresee}, nil
}

// at looks for one object. An object is read whole only where its keys matter; what is kept of it are these.
func (l look) at(ctx context.Context, n need) sighting {
	resource := schema.GroupVersionResource{Version: "v1", Resource: looked[n.GroupKind]}
	switch {
	case n.brought != nil: // others may have added keys to the one in the cluster
		after, err := l.foresee(ctx, n.brought)
		if err != nil {
			after = n.brought
		}
		return sighting{keys: keysOf(after)}
	case n.GroupKind == reference.Claim:
		return sighting{absent: l.lacksClaim(n.Key)}
	case n.GroupKind == reference.StorageClass:
		return sighting{absent: l.lacksClass(n.Name)}
	case len(n.Wanted) == 0:
		_, err := l.metadata.Resource(resource).Namespace(n.Namespace).Get(ctx, n.Name, metav1.GetOptions{})
		return sighting{absent: apierrors.IsNotFound(err)}
	}
	u, err := l.objects.Resource(resource).Namespace(n.Namespace).Get(ctx, n.Name, metav1.GetOptions{})
	if err != nil {
		return sighting{absent: apierrors.IsNotFound(err)}
	}
	return sighting{keys: keysOf(u)}
}

func (s Snapshot) lacksClaim(key object.Key) bool {
	return s.Whole("persistentvolumeclaims") &&
		!slices.ContainsFunc(s.Storage.Claims, func(c corev1.PersistentVolumeClaim) bool {
			return c.Namespace == key.Namespace && c.Name == key.Name
		})
}

// lacksClass reports whether the cluster has neither a storage class nor a volume of the name: volumes made by hand
// need no class.
func (s Snapshot) lacksClass(name string) bool {
	if !s.Whole("storageclasses") || !s.Whole("persistentvolumes") {
		return false
	}
	for _, class := range s.Storage.Classes {
		if class.Name == name {
			return false
		}
	}
	return !slices.ContainsFunc(s.Storage.Volumes, func(v corev1.PersistentVolume) bool {
		return v.Spec.StorageClassName == name
	})
}

func (n need) findings(seen sighting) (all []finding.Finding) {
	what := n.Kind + " " + n.Name
	if seen.absent {
		f := n.warning(n.Container, fmt.Sprintf("%s, which %s names, is neither in the cluster nor in this deploy.", what,
			n.User), fmt.Sprintf("Add %s to the manifests, or create it in namespace %s, or correct the name.", what,
			n.Namespace))
		if n.GroupKind == reference.StorageClass {
			f.Fix = "Name a class of the cluster: kubectl get storageclass"
		}
		return []finding.Finding{f}
	}
	for _, w := range n.lacking(seen.keys) {
		all = append(all, n.warning(w.Container, fmt.Sprintf("%s has no key %s, which %s names.", what, w.Key, w.User),
			fmt.Sprintf("Add the key to %s in namespace %s, or correct the reference.", what, n.Namespace)))
	}
	return all
}

func (n need) warning(container, message, fix string) finding.Finding {
	return finding.Finding{
		Code: finding.MissingReference, Severity: finding.Warning, Object: object.ID(n.by.GroupVersionKind(), n.by),
		Container: container, Message: object.Name(n.by.GetKind(), n.by) + ": " + message, Fix: fix,
	}
}
