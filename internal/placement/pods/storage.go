package pods

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
)

// Storage is the cluster's, with the claims of the deploy that it does not have yet.
type Storage struct {
	schedule.Storage
	byName  map[types.NamespacedName]*corev1.PersistentVolumeClaim
	classes map[string]*storagev1.StorageClass
	// byDefault is the class of claims that name none; "" for none.
	byDefault string
}

// StorageOf is a cluster's once the claims among the objects are there.
func StorageOf(cluster schedule.Storage, objects []*unstructured.Unstructured) Storage {
	s := Storage{Storage: cluster, byName: map[types.NamespacedName]*corev1.PersistentVolumeClaim{},
		classes: map[string]*storagev1.StorageClass{}}
	for i := range s.Classes {
		s.classes[s.Classes[i].Name] = &s.Classes[i]
		if s.Classes[i].Annotations[defaultClass] == "true" {
			s.byDefault = s.Classes[i].Name
		}
	}
	known := map[types.NamespacedName]bool{}
	for _, c := range cluster.Claims {
		known[types.NamespacedName{Namespace: c.Namespace, Name: c.Name}] = true
	}
	for _, obj := range objects {
		claim := corev1.PersistentVolumeClaim{}
		if obj.GroupVersionKind() != corev1.SchemeGroupVersion.WithKind("PersistentVolumeClaim") ||
			known[types.NamespacedName{Namespace: obj.GetNamespace(), Name: obj.GetName()}] ||
			runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, &claim) != nil {
			continue
		}
		claim.Spec.StorageClassName = s.class(&claim.Spec)
		s.Claims = append(slices.Clip(s.Claims), claim)
	}
	for i := range s.Claims {
		s.byName[types.NamespacedName{Namespace: s.Claims[i].Namespace, Name: s.Claims[i].Name}] = &s.Claims[i]
	}
	return s
}

// defaultClass marks the class of claims that name none
// (https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass).
const defaultClass = "storageclass.kubernetes.io/is-default-class"

// decides reports whether a claim says something about nodes: it is bound, or is bound where its first pod lands. A
// claim that is not there yet, or is bound as soon as it is made, waits for others first.
func (s Storage) decides(namespace, name string) bool {
	claim := s.byName[types.NamespacedName{Namespace: namespace, Name: name}]
	switch {
	case claim == nil:
		return false
	case claim.Spec.VolumeName != "":
		return metav1.HasAnnotation(claim.ObjectMeta, "pv.kubernetes.io/bind-completed")
	}
	return claim.Spec.StorageClassName != nil && s.waits(&claim.Spec)
}

// class is that of a claim that is made.
func (s Storage) class(claim *corev1.PersistentVolumeClaimSpec) *string {
	if claim.StorageClassName == nil && s.byDefault != "" {
		return &s.byDefault
	}
	return claim.StorageClassName
}

// waits reports whether a claim is bound where its first pod lands.
func (s Storage) waits(claim *corev1.PersistentVolumeClaimSpec) bool {
	name := s.class(claim)
	if name == nil {
		return false
	}
	class := s.classes[*name]
	return class != nil && class.VolumeBindingMode != nil &&
		*class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer
}

// Labels are those of nodes that volumes can ask for.
func (s Storage) Labels() []string {
	return append(slices.Sorted(maps.Keys(s.values())), corev1.LabelTopologyZone, corev1.LabelTopologyRegion,
		corev1.LabelFailureDomainBetaZone, corev1.LabelFailureDomainBetaRegion)
}

// values are those of labels of nodes that volumes ask for.
func (s Storage) values() map[string][]string {
	all := map[string][]string{}
	for _, class := range s.Classes {
		for _, term := range class.AllowedTopologies {
			for _, e := range term.MatchLabelExpressions {
				all[e.Key] = append(all[e.Key], e.Values...)
			}
		}
	}
	for _, volume := range s.Volumes {
		if volume.Spec.NodeAffinity == nil || volume.Spec.NodeAffinity.Required == nil {
			continue
		}
		for _, term := range volume.Spec.NodeAffinity.Required.NodeSelectorTerms {
			for _, e := range term.MatchExpressions {
				all[e.Key] = append(all[e.Key], compared(e)...)
			}
		}
	}
	for key := range all {
		slices.Sort(all[key])
		all[key] = slices.Compact(all[key])
	}
	return all
}
