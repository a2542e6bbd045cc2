package agreement

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// subject is a random workload with what is deployed with it.
type subject struct {
	object *unstructured.Unstructured
	quota  *corev1.ResourceQuota      // of its namespace; nil for none
	scaler *unstructured.Unstructured // nil for none
	class  string                     // of volumes that are made for its pods; "" where none are
	shared bool                       // all its pods use one of these
	each   bool                       // each has one that its StatefulSet makes
	before string                     // the cpu that its pods asked for before an update; "" for none
}

// subject makes a workload that selects, tolerates, spreads, keeps away and asks for resources and volumes at random.
func (d dice) subject(i int) subject {
	name := fmt.Sprintf("random-%d", i)
	labels := map[string]string{"app": name}
	spec := d.spec(labels)
	kind := pick(d, "Deployment", "Deployment", "Deployment", "ReplicaSet", "StatefulSet", "StatefulSet", "DaemonSet",
		"Job", "CronJob", "Pod", "Widget")
	if kind == "Job" || kind == "CronJob" {
		spec.RestartPolicy = corev1.RestartPolicyNever
	}
	s := subject{}
	if d.once(6) {
		d.store(&s, kind, &spec)
	}
	s.object = objectOf(kind, name, labels, spec, int64(1+d.IntN(6)))
	s.object.SetNamespace(pick(d, plain, plain, plain, plain, selecting, limited))
	if s.each {
		claimEach(s.object, s.class)
	}
	if d.once(6) {
		hard := pick(d, corev1.ResourceList{corev1.ResourcePods: resource.MustParse(fmt.Sprint(d.IntN(5)))},
			corev1.ResourceList{"requests.cpu": *resource.NewMilliQuantity(d.Int64N(6000), resource.DecimalSI)})
		hard[forbidden] = resource.Quantity{}
		s.quota = &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "limit", Namespace: s.object.GetNamespace()},
			Spec: corev1.ResourceQuotaSpec{Hard: hard}}
	}
	d.scale(&s)
	d.change(&s)
	return s
}

func objectOf(kind, name string, labels map[string]string, spec corev1.PodSpec, pods int64) *unstructured.Unstructured {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&spec)
	if err != nil {
		panic(err)
	}
	own := map[string]any{}
	for key, value := range labels {
		own[key] = value
	}
	template := map[string]any{"metadata": map[string]any{"labels": own}, "spec": fields}
	selector := map[string]any{"matchLabels": own}
	version, content := "apps/v1", map[string]any{"selector": selector, "template": template}
	job := map[string]any{"template": template, "parallelism": pods, "completions": pods}
	metadata := map[string]any{"name": name, "labels": own}
	switch kind {
	case "Deployment", "ReplicaSet":
		content["replicas"] = pods
	case "StatefulSet": // side by side: in order, a pod waits for the one before it to run
		content["replicas"], content["serviceName"], content["podManagementPolicy"] = pods, name, "Parallel"
	case "Job":
		version, content = "batch/v1", job
	case "CronJob":
		version, content = "batch/v1", map[string]any{"schedule": "0 0 1 1 *", "jobTemplate": map[string]any{"spec": job}}
	case "Pod":
		version, content = "v1", fields
	case "Widget":
		workers := []any{map[string]any{"name": "w", "template": template}}
		version, content = "example.com/v1", map[string]any{"workers": workers}
	}
	return &unstructured.Unstructured{Object: runtime.DeepCopyJSON(map[string]any{"apiVersion": version, "kind": kind,
		"metadata": metadata, "spec": content})}
}

func (d dice) spec(labels map[string]string) corev1.PodSpec {
	spec := corev1.PodSpec{TerminationGracePeriodSeconds: new(int64), Containers: []corev1.Container{d.container("app")}}
	if d.once(4) {
		spec.Containers = append(spec.Containers, d.container("sidecar"))
	}
	if d.once(8) {
		spec.InitContainers = []corev1.Container{d.container("init")}
	}
	if d.once(8) {
		spec.Volumes = append(spec.Volumes, corev1.Volume{Name: "data", VolumeSource: corev1.VolumeSource{
			Image: &corev1.ImageVolumeSource{Reference: unreachable + pick(d, "amd", "arm-single", "all")}}})
		spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
	}
	if d.once(6) {
		spec.Volumes = append(spec.Volumes, corev1.Volume{Name: "claim", VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: pick(d, claims...)}}})
	}
	if d.once(5) {
		spec.RuntimeClassName = new(pick(d, "arm", "heavy", "fast"))
	}
	if d.once(10) {
		spec.OS = &corev1.PodOS{Name: pick(d, corev1.Linux, corev1.Windows)}
	}
	d.selectNodes(&spec)
	d.tolerate(&spec)
	d.relate(&spec, &metav1.LabelSelector{MatchLabels: labels})
	return spec
}

func (d dice) container(name string) corev1.Container {
	requests := corev1.ResourceList{}
	if !d.once(8) {
		requests[corev1.ResourceCPU] = *resource.NewMilliQuantity(50*(1+d.Int64N(30)), resource.DecimalSI)
	}
	if d.once(3) {
		requests[corev1.ResourceMemory] = *resource.NewQuantity((64+d.Int64N(1500))<<20, resource.BinarySI)
	}
	limits := corev1.ResourceList{}
	if d.once(10) {
		requests["example.com/gpu"] = resource.MustParse("1")
		limits["example.com/gpu"] = requests["example.com/gpu"]
	}
	return corev1.Container{Name: name, Image: unreachable + pick(d, imageNames...),
		Resources: corev1.ResourceRequirements{Requests: requests, Limits: limits}}
}

// selectNodes asks nodes for labels, with every operator.
func (d dice) selectNodes(spec *corev1.PodSpec) {
	if d.once(5) {
		spec.NodeSelector = pick(d, map[string]string{corev1.LabelArchStable: pick(d, "amd64", "arm64", "s390x")},
			map[string]string{corev1.LabelOSStable: pick(d, "linux", "windows")}, map[string]string{"disk": "ssd"})
	}
	if !d.once(3) {
		return
	}
	affinity := &corev1.NodeAffinity{}
	if d.once(3) {
		affinity.PreferredDuringSchedulingIgnoredDuringExecution = []corev1.PreferredSchedulingTerm{
			{Weight: 1 + d.Int32N(100), Preference: d.term()}}
	} else {
		terms := []corev1.NodeSelectorTerm{d.term()}
		if d.once(3) {
			terms = append(terms, d.term())
		}
		affinity.RequiredDuringSchedulingIgnoredDuringExecution = &corev1.NodeSelector{NodeSelectorTerms: terms}
	}
	spec.Affinity = &corev1.Affinity{NodeAffinity: affinity}
}

func (d dice) term() corev1.NodeSelectorTerm {
	term := corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{d.expression()}}
	switch {
	case d.once(4):
		term.MatchExpressions = append(term.MatchExpressions, d.expression())
	case d.once(8):
		term.MatchFields = []corev1.NodeSelectorRequirement{{Key: "metadata.name",
			Operator: pick(d, corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn), Values: []string{pick(d, machines...).name}}}
	case d.once(20):
		return corev1.NodeSelectorTerm{} // which matches no node
	}
	return term
}

func (d dice) expression() corev1.NodeSelectorRequirement {
	r := corev1.NodeSelectorRequirement{
		Key: pick(d, corev1.LabelArchStable, corev1.LabelOSStable, corev1.LabelTopologyZone, "disk"),
		Operator: pick(d, corev1.NodeSelectorOpIn, corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn,
			corev1.NodeSelectorOpExists, corev1.NodeSelectorOpDoesNotExist, corev1.NodeSelectorOpGt, corev1.NodeSelectorOpLt),
	}
	values := map[string][]string{corev1.LabelArchStable: {"amd64", "arm64", "s390x"},
		corev1.LabelOSStable: {"linux", "windows"}, corev1.LabelTopologyZone: {"z1", "z2"}, "disk": {"ssd", "hdd"}}[r.Key]
	switch r.Operator {
	case corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn:
		r.Values = []string{pick(d, values...)}
		if more := pick(d, values...); more != r.Values[0] {
			r.Values = append(r.Values, more)
		}
	case corev1.NodeSelectorOpGt, corev1.NodeSelectorOpLt:
		r.Key, r.Values = "generation", []string{pick(d, "1", "2", "3")}
	}
	return r
}

func (d dice) tolerate(spec *corev1.PodSpec) {
	for range d.IntN(3) {
		switch d.IntN(5) {
		case 0:
			spec.Tolerations = append(spec.Tolerations, corev1.Toleration{Operator: corev1.TolerationOpExists,
				Effect: pick(d, corev1.TaintEffectNoSchedule, corev1.TaintEffectNoExecute, "")})
		case 1:
			spec.Tolerations = append(spec.Tolerations, corev1.Toleration{Key: pick(d, "team", "arch", "kubernetes.io/arch"),
				Operator: corev1.TolerationOpExists})
		case 2:
			spec.Tolerations = append(spec.Tolerations, corev1.Toleration{Key: "team", Operator: corev1.TolerationOpEqual,
				Value: pick(d, "a", "b"), Effect: pick(d, corev1.TaintEffectNoSchedule, corev1.TaintEffectNoExecute, "")})
		case 3:
			spec.Tolerations = append(spec.Tolerations, corev1.Toleration{Key: "kubernetes.io/arch",
				Operator: corev1.TolerationOpEqual, Value: pick(d, "amd64", "arm64"), Effect: corev1.TaintEffectNoSchedule})
		case 4:
			spec.Tolerations = append(spec.Tolerations, corev1.Toleration{Key: pick(d, "team", "arm64"),
				Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: new(int64(600))})
		}
	}
}

// relate has pods keep away from one another, spread, be beside the pods that run there or away from them, or take a
// port of their node: each alone, since how many pods two of these leave room for depends on which of two equal nodes
// the scheduler takes.
func (d dice) relate(spec *corev1.PodSpec, own *metav1.LabelSelector) {
	topology := pick(d, corev1.LabelHostname, corev1.LabelTopologyZone, corev1.LabelArchStable)
	neighbours := []corev1.PodAffinityTerm{{TopologyKey: topology, LabelSelector: &metav1.LabelSelector{
		MatchLabels: neighbouring}, Namespaces: []string{beside}}}
	if d.once(2) {
		neighbours[0].Namespaces, neighbours[0].NamespaceSelector = nil, &metav1.LabelSelector{
			MatchLabels: map[string]string{corev1.LabelMetadataName: beside}}
	}
	switch d.IntN(10) {
	case 0:
		affinityOf(spec).PodAntiAffinity = &corev1.PodAntiAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{
				{TopologyKey: topology, LabelSelector: own}}}
	case 4:
		affinityOf(spec).PodAffinity = &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: neighbours}
	case 5:
		affinityOf(spec).PodAntiAffinity = &corev1.PodAntiAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: neighbours}
	case 1, 2:
		constraint := corev1.TopologySpreadConstraint{MaxSkew: 1 + d.Int32N(2), TopologyKey: topology, LabelSelector: own,
			WhenUnsatisfiable: pick(d, corev1.DoNotSchedule, corev1.DoNotSchedule, corev1.ScheduleAnyway)}
		if d.once(2) {
			constraint.NodeTaintsPolicy = new(pick(d, corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore))
			constraint.NodeAffinityPolicy = new(pick(d, corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore))
		}
		spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{constraint}
	case 3:
		spec.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: 80, HostPort: 8080}}
	}
}

func affinityOf(spec *corev1.PodSpec) *corev1.Affinity {
	if spec.Affinity == nil {
		spec.Affinity = &corev1.Affinity{}
	}
	return spec.Affinity
}
