package placement

import (
	"maps"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
)

// pod is the n-th pod that the workload makes, as the scheduler gets it: of a StatefulSet each has claims of its own.
// Volumes about which nothing can be said yet are left out.
func (w workload) pod(n int, storage storage) *corev1.Pod {
	name := w.object.GetName() + "-" + strconv.Itoa(n)
	pod := &corev1.Pod{ObjectMeta: *w.metadata.DeepCopy(), Spec: *w.spec.DeepCopy()}
	pod.Name, pod.Namespace, pod.UID = name, w.object.GetNamespace(),
		types.UID(w.object.GetKind()+"/"+w.object.GetNamespace()+"/"+name)
	for _, claim := range w.claims {
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: claim, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim + "-" + name},
		}})
	}
	pod.Spec.Volumes = slices.DeleteFunc(pod.Spec.Volumes, func(v corev1.Volume) bool {
		return v.Ephemeral != nil || v.PersistentVolumeClaim != nil &&
			!storage.decides(pod.Namespace, v.PersistentVolumeClaim.ClaimName)
	})
	return pod
}

// storage is the cluster's, with the claims of the deploy that it does not have yet.
type storage struct {
	schedule.Storage
	byName  map[types.NamespacedName]*corev1.PersistentVolumeClaim
	classes map[string]*storagev1.StorageClass
}

func storageOf(cluster schedule.Storage, objects []*unstructured.Unstructured) storage {
	s := storage{cluster, map[types.NamespacedName]*corev1.PersistentVolumeClaim{}, map[string]*storagev1.StorageClass{}}
	byDefault := ""
	for i := range s.Classes {
		s.classes[s.Classes[i].Name] = &s.Classes[i]
		if s.Classes[i].Annotations[defaultClass] == "true" {
			byDefault = s.Classes[i].Name
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
		if claim.Spec.StorageClassName == nil && byDefault != "" {
			claim.Spec.StorageClassName = &byDefault
		}
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
func (s storage) decides(namespace, name string) bool {
	claim := s.byName[types.NamespacedName{Namespace: namespace, Name: name}]
	switch {
	case claim == nil:
		return false
	case claim.Spec.VolumeName != "":
		return metav1.HasAnnotation(claim.ObjectMeta, "pv.kubernetes.io/bind-completed")
	case claim.Spec.StorageClassName == nil:
		return false
	}
	class := s.classes[*claim.Spec.StorageClassName]
	return class != nil && class.VolumeBindingMode != nil &&
		*class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer
}

// labels are those of nodes that volumes can ask for.
func (s storage) labels() []string {
	return append(slices.Sorted(maps.Keys(s.values())), corev1.LabelTopologyZone, corev1.LabelTopologyRegion,
		corev1.LabelFailureDomainBetaZone, corev1.LabelFailureDomainBetaRegion)
}

// values are those of labels of nodes that volumes ask for.
func (s storage) values() map[string][]string {
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
		all[key] = distinct(all[key])
	}
	return all
}
