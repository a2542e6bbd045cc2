package scheduling

import (
	"context"
	"fmt"
	"regexp"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

var (
	claims  = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumeclaims"}
	storage = schema.GroupVersionResource{Group: "storage.k8s.io", Version: "v1", Resource: "storageclasses"}

	claimMissing = regexp.MustCompile(`persistentvolumeclaim "([^"]+)" not found`)
	claimUnbound = regexp.MustCompile(`unbound immediate PersistentVolumeClaims|unbound PersistentVolumeClaims`)
)

// unboundClaim diagnoses a pod that waits for a claim: one that is not there, or that no volume is bound to. The
// remedy is about the claim and its class; a further node would change nothing.
func unboundClaim(ctx context.Context, pod *corev1.Pod, ev Evidence, message string) finding.Diagnosis {
	if m := claimMissing.FindStringSubmatch(message); m != nil {
		d := pending(pod, finding.MissingReference,
			fmt.Sprintf("claim %s, which %s, does not exist.", m[1], usedBy(pod, m[1])),
			fmt.Sprintf("Add PersistentVolumeClaim %s to the manifests, or correct the volume's claimName.", m[1]))
		d.Grace = finding.MissingGrace
		d.Missing = object.Key{GroupKind: schema.GroupKind{Kind: "PersistentVolumeClaim"}, Namespace: pod.Namespace,
			Name: m[1]}
		return d
	}
	if !claimUnbound.MatchString(message) {
		return finding.Diagnosis{}
	}
	for _, v := range pod.Spec.Volumes {
		name := claimOf(pod, v)
		if name == "" {
			continue
		}
		claim, err := ev.lookup(ctx, claims, pod.Namespace, name)
		if err != nil {
			continue
		}
		if phase, _, _ := unstructured.NestedString(claim.Object, "status", "phase"); phase != "Bound" {
			return unbound(ctx, pod, ev, claim)
		}
	}
	return pending(pod, finding.VolumeNotReady, "a claim of its has no volume: "+message+".",
		"See which: kubectl get pvc -n "+pod.Namespace)
}

// unbound says what class the claim asks for, and whether the cluster has it.
func unbound(ctx context.Context, pod *corev1.Pod, ev Evidence, claim *unstructured.Unstructured) finding.Diagnosis {
	class, _, _ := unstructured.NestedString(claim.Object, "spec", "storageClassName")
	what := fmt.Sprintf("claim %s, which %s, has no volume", claim.GetName(), usedBy(pod, claim.GetName()))
	describe := fmt.Sprintf("kubectl describe pvc -n %s %s", pod.Namespace, claim.GetName())
	if class == "" {
		return pending(pod, finding.VolumeNotReady, what+", and names no storage class.",
			"Set storageClassName to a class of the cluster (kubectl get storageclass), or add a PersistentVolume that fits.")
	}
	_, err := ev.lookup(ctx, storage, "", class)
	if apierrors.IsNotFound(err) {
		d := pending(pod, finding.VolumeNotReady, what+fmt.Sprintf(", and the cluster has no storage class %s.", class),
			"Set storageClassName to a class of the cluster: kubectl get storageclass")
		d.Grace = finding.MissingGrace
		d.Missing = object.Key{GroupKind: schema.GroupKind{Group: "storage.k8s.io", Kind: "StorageClass"}, Name: class}
		return d
	}
	return pending(pod, finding.VolumeNotReady, what+fmt.Sprintf(" of its storage class %s yet.", class),
		"See why: "+describe)
}

// claimOf names the claim of a volume, or "": one that is named, or one that is made for the pod.
// https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#persistentvolumeclaim-naming
func claimOf(pod *corev1.Pod, v corev1.Volume) string {
	switch {
	case v.PersistentVolumeClaim != nil:
		return v.PersistentVolumeClaim.ClaimName
	case v.Ephemeral != nil:
		return pod.Name + "-" + v.Name
	}
	return ""
}

// usedBy says through which volume the pod uses a claim.
func usedBy(pod *corev1.Pod, claim string) string {
	for _, v := range pod.Spec.Volumes {
		if claimOf(pod, v) == claim {
			return "its volume " + v.Name + " uses"
		}
	}
	return "it uses"
}
