package pods

import (
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Pod is the n-th pod that the workload makes, as the scheduler gets it: of a StatefulSet each has claims of its own.
// Volumes about which nothing can be said yet are left out.
func (w Workload) Pod(n int, storage Storage) *corev1.Pod {
	name := w.Object.GetName() + "-" + strconv.Itoa(n)
	pod := &corev1.Pod{ObjectMeta: *w.Metadata.DeepCopy(), Spec: *w.Spec.DeepCopy()}
	pod.Name, pod.Namespace, pod.UID = name, w.Object.GetNamespace(),
		types.UID(w.Object.GetKind()+"/"+w.Object.GetNamespace()+"/"+name)
	for _, claim := range w.Claims {
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
func (s Storage) own(namespace, name string, spec corev1.PersistentVolumeClaimSpec) corev1.VolumeSource {
	if s.byName[types.NamespacedName{Namespace: namespace, Name: name}] != nil {
		return corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name}}
	}
	return corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{
		VolumeClaimTemplate: &corev1.PersistentVolumeClaimTemplate{Spec: spec}}}
}
