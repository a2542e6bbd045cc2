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
	"k8s.io/client-go/metadata"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness"
	"github.com/multiarch-deploy/multiarch-deploy/internal/reference"
)

// need is what an object of the deploy refers to.
type need struct {
	reference.Reference
	by *unstructured.Unstructured
}

// Missing foretells pods that would wait for what is neither in the cluster nor brought by the deploy of the objects.
// Somebody may still make it, so these are warnings. What may not be read is not reported.
func (s Snapshot) Missing(ctx context.Context, cluster identity.Cluster,
	objects []*unstructured.Unstructured) ([]finding.Finding, error) {
	client, err := metadata.NewForConfig(cluster.Config)
	if err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	needs := needed(objects, cluster.Namespace)
	absent := map[object.Key]bool{}
	for _, u := range needs {
		absent[u.Key] = false
	}
	var lock sync.Mutex
	var group errgroup.Group
	group.SetLimit(8)
	for _, key := range slices.Collect(maps.Keys(absent)) {
		group.Go(func() error {
			gone := isAbsent(ctx, client, s, key)
			lock.Lock()
			defer lock.Unlock()
			absent[key] = gone
			return nil
		})
	}
	_ = group.Wait() // none returns an error
	var findings []finding.Finding
	for _, u := range needs {
		if absent[u.Key] {
			findings = append(findings, u.finding())
		}
	}
	return findings, ctx.Err()
}

// needed lists what pods and claims of a deploy refer to and the deploy does not bring. Objects that name no namespace
// are in that of the deploy.
func needed(objects []*unstructured.Unstructured, namespace string) (list []need) {
	deployed := map[object.Key]bool{}
	for _, o := range objects {
		key := object.KeyOf(o)
		deployed[key] = true // of the cluster, where it has no namespace
		key.Namespace = cmp.Or(key.Namespace, namespace)
		deployed[key] = true
	}
	for _, o := range objects {
		for _, r := range referencesOf(o, cmp.Or(o.GetNamespace(), namespace)) {
			if !reference.Brings(maps.Keys(deployed), r.Key) {
				list = append(list, need{r, o})
			}
		}
	}
	return list
}

// referencesOf is empty for an object that wants no pods.
func referencesOf(u *unstructured.Unstructured, namespace string) []reference.Reference {
	var all []reference.Reference
	if readiness.Wanted(u) != 0 {
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

// isAbsent reports whether the cluster is known not to have an object.
func isAbsent(ctx context.Context, client metadata.Interface, s Snapshot, key object.Key) bool {
	switch key.GroupKind {
	case reference.Claim:
		return s.Whole("persistentvolumeclaims") &&
			!slices.ContainsFunc(s.Storage.Claims, func(c corev1.PersistentVolumeClaim) bool {
				return c.Namespace == key.Namespace && c.Name == key.Name
			})
	case reference.StorageClass:
		return s.lacksClass(key.Name)
	}
	resource := schema.GroupVersionResource{Version: "v1", Resource: looked[key.GroupKind]}
	_, err := client.Resource(resource).Namespace(key.Namespace).Get(ctx, key.Name, metav1.GetOptions{})
	return apierrors.IsNotFound(err)
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

func (n need) finding() finding.Finding {
	what := n.Kind + " " + n.Name
	f := finding.Finding{
		Code: finding.MissingReference, Severity: finding.Warning, Object: object.ID(n.by.GroupVersionKind(), n.by),
		Container: n.Container,
		Message: fmt.Sprintf("%s: %s, which %s names, is neither in the cluster nor in this deploy.",
			object.Name(n.by.GetKind(), n.by), what, n.User),
		Fix: fmt.Sprintf("Add %s to the manifests, or create it in namespace %s, or correct the name.", what, n.Namespace),
	}
	if n.GroupKind == reference.StorageClass {
		f.Fix = "Name a class of the cluster: kubectl get storageclass"
	}
	return f
}
