package schedule

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	"k8s.io/component-helpers/storage/ephemeral"
	"k8s.io/component-helpers/storage/volume"
)

// volumes are what claims ask for and get while pods are placed.
type volumes struct {
	claims, volumes cache.Store // which the plugins read
	classes         map[string]*storagev1.StorageClass
	static          map[string]bool // names of classes of which there are volumes already
}

func volumesOf(s Snapshot, factory informers.SharedInformerFactory) volumes {
	core := factory.Core().V1()
	v := volumes{core.PersistentVolumeClaims().Informer().GetStore(), core.PersistentVolumes().Informer().GetStore(),
		map[string]*storagev1.StorageClass{}, map[string]bool{}}
	for i := range s.Storage.Classes {
		v.classes[s.Storage.Classes[i].Name] = &s.Storage.Classes[i]
	}
	for i := range s.Storage.Volumes {
		if spec := &s.Storage.Volumes[i].Spec; spec.ClaimRef == nil {
			v.static[spec.StorageClassName] = true
		}
	}
	return v
}

// claim makes the claims of a pod's own that its controllers would have made before the scheduler looks at it
// (https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#generic-ephemeral-volumes).
func (v volumes) claim(pod *corev1.Pod) {
	for i := range pod.Spec.Volumes {
		source := &pod.Spec.Volumes[i]
		if source.Ephemeral == nil || source.Ephemeral.VolumeClaimTemplate == nil {
			continue
		}
		claim := &corev1.PersistentVolumeClaim{Spec: source.Ephemeral.VolumeClaimTemplate.Spec}
		claim.Name, claim.Namespace = ephemeral.VolumeClaimName(pod, source), pod.Namespace
		claim.OwnerReferences = []metav1.OwnerReference{
			*metav1.NewControllerRef(pod, corev1.SchemeGroupVersion.WithKind("Pod"))}
		if v.get(pod.Namespace, claim.Name) == nil {
			put(v.claims, claim)
		}
	}
}

func (v volumes) get(namespace, name string) *corev1.PersistentVolumeClaim {
	found, _, _ := v.claims.GetByKey(namespace + "/" + name)
	claim, _ := found.(*corev1.PersistentVolumeClaim)
	return claim
}

// provide binds the claims of a pod that was just placed to volumes that are made for it, so that other pods can use
// them wherever such a volume can be. Claims for volumes that are there already the scheduler binds itself.
func (v volumes) provide(pod *corev1.Pod) {
	for i := range pod.Spec.Volumes {
		source := &pod.Spec.Volumes[i]
		name := ""
		if source.PersistentVolumeClaim != nil {
			name = source.PersistentVolumeClaim.ClaimName
		} else if source.Ephemeral != nil {
			name = ephemeral.VolumeClaimName(pod, source)
		}
		claim := v.get(pod.Namespace, name)
		if claim == nil || claim.Spec.VolumeName != "" || claim.Spec.StorageClassName == nil {
			continue
		}
		class := v.classes[*claim.Spec.StorageClassName]
		if class != nil && class.Provisioner != volume.NotSupportedProvisioner && !v.static[class.Name] {
			v.bind(claim.DeepCopy(), class)
		}
	}
}

func (v volumes) bind(claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass) {
	made := &corev1.PersistentVolume{Spec: corev1.PersistentVolumeSpec{
		Capacity: claim.Spec.Resources.Requests, AccessModes: claim.Spec.AccessModes, StorageClassName: class.Name,
		ClaimRef: &corev1.ObjectReference{Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID},
	}}
	made.Name = strings.Join([]string{"made", claim.Namespace, claim.Name}, "-")
	if terms := within(class); len(terms) > 0 {
		made.Spec.NodeAffinity = &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: terms}}
	}
	put(v.volumes, made)
	claim.Spec.VolumeName = made.Name
	metav1.SetMetaDataAnnotation(&claim.ObjectMeta, volume.AnnBindCompleted, "yes")
	claim.ResourceVersion += "b" // what a plugin has assumed of the version before is over
	put(v.claims, claim)
}

func put(store cache.Store, obj any) {
	_ = store.Add(obj) // fails for objects without metadata only
}

// within are the nodes where a class may have its volumes made.
func within(class *storagev1.StorageClass) []corev1.NodeSelectorTerm {
	var terms []corev1.NodeSelectorTerm
	for _, topology := range class.AllowedTopologies {
		var term corev1.NodeSelectorTerm
		for _, e := range topology.MatchLabelExpressions {
			term.MatchExpressions = append(term.MatchExpressions, corev1.NodeSelectorRequirement{
				Key: e.Key, Operator: corev1.NodeSelectorOpIn, Values: slices.Clone(e.Values)})
		}
		terms = append(terms, term)
	}
	return terms
}
