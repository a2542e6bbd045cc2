package agreement

import (
	"context"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
)

// claims are bound to volumes that are in one zone, or on nodes of one architecture.
var claims = []string{"in-z1", "on-arm64"}

// The classes of volumes that are made, or found, where the first pod lands that uses them.
const (
	zonal    = "zonal"    // in one zone
	anywhere = "anywhere" // on any node
	ready    = "ready"    // there already, on nodes of one architecture
)

// fresh is the claim that all pods of a workload share.
const fresh = "fresh"

// passed are the labels of volumes that go with the workload that they were made for.
var passed = map[string]string{"made-for": "a-workload"}

func claimSpec(class string) corev1.PersistentVolumeClaimSpec {
	return corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteMany}, StorageClassName: &class,
		Resources: corev1.VolumeResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
	}
}

// volumeOf is a volume for a claim, on nodes that meet the requirements.
func volumeOf(name string, claim *corev1.ObjectReference, class string,
	terms []corev1.NodeSelectorTerm) *corev1.PersistentVolume {
	v := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: passed}}
	v.Spec = corev1.PersistentVolumeSpec{ClaimRef: claim, StorageClassName: class,
		AccessModes: claimSpec(class).AccessModes, Capacity: claimSpec(class).Resources.Requests,
		PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{
			Driver: "disk.example.com", VolumeHandle: name}}}
	if len(terms) > 0 {
		v.Spec.NodeAffinity = &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: terms}}
	}
	return v
}

func nodesWith(key, value string) []corev1.NodeSelectorTerm {
	return []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{
		{Key: key, Operator: corev1.NodeSelectorOpIn, Values: []string{value}}}}}
}

// store has the pods of a workload use volumes of a class: one for all, or one each. How a Job goes on whose pods have
// to share a volume that is not there yet is left out: one that waits counts as failed.
func (d dice) store(s *subject, kind string, spec *corev1.PodSpec) {
	s.class = pick(d, zonal, anywhere)
	source := corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{
		VolumeClaimTemplate: &corev1.PersistentVolumeClaimTemplate{Spec: claimSpec(s.class)}}}
	switch {
	case kind == "StatefulSet" && d.once(2):
		s.each = true
		return
	case kind != "Job" && kind != "CronJob" && d.once(2):
		s.class, s.shared = pick(d, zonal, anywhere, ready), true
		source = claimSource(fresh)
	}
	spec.Volumes = append(spec.Volumes, corev1.Volume{Name: "fresh", VolumeSource: source})
}

func claimSource(name string) corev1.VolumeSource {
	return corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name}}
}

// claimEach gives a StatefulSet a claim per pod.
func claimEach(obj *unstructured.Unstructured, class string) {
	spec := claimSpec(class)
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&spec)
	if err != nil {
		panic(err)
	}
	obj.Object["spec"].(map[string]any)["volumeClaimTemplates"] = []any{
		map[string]any{"metadata": map[string]any{"name": fresh}, "spec": fields}}
}

func (w *world) makeClasses(t *testing.T) {
	t.Helper()
	in := corev1.TopologySelectorTerm{MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{
		{Key: corev1.LabelTopologyZone, Values: []string{"z1"}}}}
	for _, class := range []storagev1.StorageClass{
		{ObjectMeta: metav1.ObjectMeta{Name: zonal}, Provisioner: "disk.example.com",
			AllowedTopologies: []corev1.TopologySelectorTerm{in}},
		{ObjectMeta: metav1.ObjectMeta{Name: anywhere}, Provisioner: "disk.example.com"},
		{ObjectMeta: metav1.ObjectMeta{Name: ready}, Provisioner: "kubernetes.io/no-provisioner"},
	} {
		class.VolumeBindingMode = new(storagev1.VolumeBindingWaitForFirstConsumer)
		_, err := w.client.StorageV1().StorageClasses().Create(t.Context(), &class, metav1.CreateOptions{})
		must(t, err)
	}
}

// makeClaims makes claims in the namespaces of the workloads, and the volumes that they are bound to.
func (w *world) makeClaims(t *testing.T) {
	t.Helper()
	terms := map[string][]corev1.NodeSelectorTerm{
		"in-z1": nodesWith(corev1.LabelTopologyZone, "z1"), "on-arm64": nodesWith(corev1.LabelArchStable, "arm64"),
	}
	for _, space := range []string{plain, selecting, limited} {
		for _, name := range claims {
			v := volumeOf(space+"-"+name, nil, "", terms[name])
			v.Labels = nil
			_, err := w.client.CoreV1().PersistentVolumes().Create(t.Context(), v, metav1.CreateOptions{})
			must(t, err)
			spec := claimSpec("")
			spec.VolumeName = v.Name
			w.claim(t, space, name, spec)
		}
	}
	wait(t, "the claims are bound", func(ctx context.Context) bool {
		w.readStorage(t)
		return !slices.ContainsFunc(w.storage.Claims, func(c corev1.PersistentVolumeClaim) bool {
			return c.Status.Phase != corev1.ClaimBound
		})
	})
}

func (w *world) claim(t *testing.T, space, name string, spec corev1.PersistentVolumeClaimSpec) {
	t.Helper()
	_, err := w.client.CoreV1().PersistentVolumeClaims(space).Create(t.Context(),
		&corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}, metav1.CreateOptions{})
	must(t, err)
}

// readStorage reads what a plan has to know of volumes.
func (w *world) readStorage(t *testing.T) {
	t.Helper()
	all := metav1.ListOptions{}
	list, err := w.client.CoreV1().PersistentVolumeClaims("").List(t.Context(), all)
	must(t, err)
	volumes, err := w.client.CoreV1().PersistentVolumes().List(t.Context(), all)
	must(t, err)
	classes, err := w.client.StorageV1().StorageClasses().List(t.Context(), all)
	must(t, err)
	w.storage = schedule.Storage{Claims: list.Items, Volumes: volumes.Items, Classes: classes.Items}
}

// provide makes the claim that a workload's pods share, or that a pod uses in place of one that is made for it, and the
// volume that is there for it.
func (w *world) provide(t *testing.T, s subject) {
	t.Helper()
	if s.class == ready {
		_, err := w.client.CoreV1().PersistentVolumes().Create(t.Context(),
			volumeOf(ready, nil, ready, nodesWith(corev1.LabelArchStable, "arm64")), metav1.CreateOptions{})
		must(t, err)
	}
	w.claim(t, s.object.GetNamespace(), fresh, claimSpec(s.class))
	wait(t, "the volume is available", func(context.Context) bool {
		w.readStorage(t)
		return s.class != ready || slices.ContainsFunc(w.storage.Volumes, func(v corev1.PersistentVolume) bool {
			return v.Name == ready && v.Status.Phase == corev1.VolumeAvailable
		})
	})
}

// withdraw deletes what provide, a provisioner or a StatefulSet has made.
func (w *world) withdraw(t *testing.T, s subject) {
	t.Helper()
	if s.class == "" {
		return
	}
	passing := metav1.ListOptions{LabelSelector: "made-for"}
	wait(t, "the volumes go", func(ctx context.Context) bool {
		list, err := w.client.CoreV1().PersistentVolumeClaims(s.object.GetNamespace()).List(ctx, metav1.ListOptions{})
		if err != nil {
			return false
		}
		list.Items = slices.DeleteFunc(list.Items,
			func(c corev1.PersistentVolumeClaim) bool { return slices.Contains(claims, c.Name) })
		for _, c := range list.Items {
			_ = w.client.CoreV1().PersistentVolumeClaims(c.Namespace).Delete(ctx, c.Name, metav1.DeleteOptions{})
		}
		_ = w.client.CoreV1().PersistentVolumes().DeleteCollection(ctx, metav1.DeleteOptions{}, passing)
		volumes, err := w.client.CoreV1().PersistentVolumes().List(ctx, passing)
		return err == nil && len(list.Items)+len(volumes.Items) == 0
	})
	w.readStorage(t)
}

// provision makes the volumes for which the scheduler has found a node, as a driver does.
func (w *world) provision(ctx context.Context) {
	for ctx.Err() == nil {
		watch, err := w.client.CoreV1().PersistentVolumeClaims("").Watch(ctx, metav1.ListOptions{})
		if err != nil {
			continue
		}
		for event := range watch.ResultChan() {
			if c, ok := event.Object.(*corev1.PersistentVolumeClaim); ok && c.Spec.VolumeName == "" &&
				c.Annotations["volume.kubernetes.io/selected-node"] != "" && c.DeletionTimestamp == nil {
				w.make(ctx, c)
			}
		}
	}
}

// make is done once for each claim: the next time the volume is there.
func (w *world) make(ctx context.Context, c *corev1.PersistentVolumeClaim) {
	var terms []corev1.NodeSelectorTerm
	if *c.Spec.StorageClassName == zonal {
		terms = nodesWith(corev1.LabelTopologyZone, "z1")
	}
	of := &corev1.ObjectReference{Kind: "PersistentVolumeClaim", APIVersion: "v1", Namespace: c.Namespace, Name: c.Name,
		UID: c.UID, ResourceVersion: c.ResourceVersion}
	_, _ = w.client.CoreV1().PersistentVolumes().Create(ctx,
		volumeOf("pvc-"+string(c.UID), of, *c.Spec.StorageClassName, terms), metav1.CreateOptions{})
}
