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
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: claim.Name,
			VolumeSource: storage.own(pod.Namespace, claim.Name+"-"+name, claim.Spec)})
	}
	pod.Spec.Volumes = slices.DeleteFunc(pod.Spec.Volumes, func(v corev1.Volume) bool {
		switch {
		case v.Ephemeral != nil:
			return v.Ephemeral.VolumeClaimTemplate == nil || !storage.waits(&v.Ephemeral.VolumeClaimTemplate.Spec)
		case v.PersistentVolumeClaim != nil:
			return !storage.decides(pod.Namespace, v.PersistentVolumeClaim.ClaimName)
		}
		return false
	})
	for _, v := range pod.Spec.Volumes {
		if v.Ephemeral != nil {
			claim := &v.Ephemeral.VolumeClaimTemplate.Spec
			claim.StorageClassName = storage.class(claim)
		}
	}
	return pod
}

// own is a claim of a StatefulSet's pod: the one that is there, or one that is made for the pod.
func (s storage) own(namespace, name string, spec corev1.PersistentVolumeClaimSpec) corev1.VolumeSource {
	if s.byName[types.NamespacedName{Namespace: namespace, Name: name}] != nil {
		return corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name}}
	}
	return corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{
		VolumeClaimTemplate: &corev1.PersistentVolumeClaimTemplate{Spec: spec}}}
}

// storage is the cluster's, with the claims of the deploy that it does not have yet.
type storage struct {
	schedule.Storage
	byName  map[types.NamespacedName]*corev1.PersistentVolumeClaim
	classes map[string]*storagev1.StorageClass
	// byDefault is the class of claims that name none; "" for none.
	byDefault string
}

func storageOf(cluster schedule.Storage, objects []*unstructured.Unstructured) storage {
	s := storage{Storage: cluster, byName: map[types.NamespacedName]*corev1.PersistentVolumeClaim{},
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
func (s storage) decides(namespace, name string) bool {
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
func (s storage) class(claim *corev1.PersistentVolumeClaimSpec) *string {
	if claim.StorageClassName == nil && s.byDefault != "" {
		return &s.byDefault
	}
	return claim.StorageClassName
}

// waits reports whether a claim is bound where its first pod lands.
func (s storage) waits(claim *corev1.PersistentVolumeClaimSpec) bool {
	name := s.class(claim)
	if name == nil {
		return false
	}
	class := s.classes[*name]
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
