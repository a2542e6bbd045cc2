package action_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"

	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
)

// auditWorld is the namespace default of a cluster, with a workload for each case.
type auditWorld struct {
	api kubernetes.Interface
	// runners are the objects of a kind that the cluster has learnt.
	runners  dynamic.ResourceInterface
	registry string
	cases    []auditedCase
}

// template is the pod template of a case.
func (w *auditWorld) template(c auditedCase) corev1.PodTemplateSpec {
	grace := int64(0)
	spec := corev1.PodSpec{
		TerminationGracePeriodSeconds: &grace,
		Containers:                    []corev1.Container{{Name: "main", Image: w.registry + "/third/" + c.name + ":v1"}},
	}
	w.addBeside(&spec, c)
	tolerations := []corev1.Toleration{{Key: "arch", Operator: corev1.TolerationOpExists}}
	switch c.constraint {
	case "selects":
		spec.NodeSelector = map[string]string{corev1.LabelArchStable: "amd64"}
	case "affine":
		spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
				NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{
					{Key: corev1.LabelArchStable, Operator: corev1.NodeSelectorOpIn, Values: []string{"amd64"}}}}}}}}
	case "tolerates":
		spec.Tolerations = tolerations
	case "arm":
		spec.Tolerations = tolerations
		spec.NodeSelector = map[string]string{corev1.LabelArchStable: "arm64"}
	}
	return corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"case": c.name}}, Spec: spec}
}

// addBeside adds the container that a case has beside its main one.
func (w *auditWorld) addBeside(spec *corev1.PodSpec, c auditedCase) {
	extra := corev1.Container{Name: "extra", Image: w.registry + "/third/" + c.name + "-extra:v1",
		Env: []corev1.EnvVar{{Name: "PORT", Value: "8081"}}}
	switch c.beside {
	case "init":
		spec.InitContainers = []corev1.Container{extra}
	case "sidecar":
		extra.RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
		spec.InitContainers = []corev1.Container{extra}
	case "second":
		spec.Containers = append(spec.Containers, extra)
	}
}

func (w *auditWorld) createAll(t *testing.T) {
	t.Helper()
	for _, c := range w.cases {
		if err := w.create(t.Context(), c); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
	}
}

func (w *auditWorld) create(ctx context.Context, c auditedCase) (err error) {
	meta := metav1.ObjectMeta{Name: c.name}
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{"case": c.name}}
	template, opts := w.template(c), metav1.CreateOptions{}
	apps, batch := w.api.AppsV1(), w.api.BatchV1()
	once := template
	once.Spec.RestartPolicy = corev1.RestartPolicyOnFailure
	switch c.kind {
	case "deployment":
		_, err = apps.Deployments("default").Create(ctx, &appsv1.Deployment{ObjectMeta: meta,
			Spec: appsv1.DeploymentSpec{Selector: selector, Template: template}}, opts)
	case "statefulset":
		_, err = apps.StatefulSets("default").Create(ctx, &appsv1.StatefulSet{ObjectMeta: meta,
			Spec: appsv1.StatefulSetSpec{Selector: selector, Template: template}}, opts)
	case "daemonset":
		_, err = apps.DaemonSets("default").Create(ctx, &appsv1.DaemonSet{ObjectMeta: meta,
			Spec: appsv1.DaemonSetSpec{Selector: selector, Template: template}}, opts)
	case "replicaset":
		_, err = apps.ReplicaSets("default").Create(ctx, &appsv1.ReplicaSet{ObjectMeta: meta,
			Spec: appsv1.ReplicaSetSpec{Selector: selector, Template: template}}, opts)
	case "replicationcontroller":
		_, err = w.api.CoreV1().ReplicationControllers("default").Create(ctx, &corev1.ReplicationController{ObjectMeta: meta,
			Spec: corev1.ReplicationControllerSpec{Selector: selector.MatchLabels, Template: &template}}, opts)
	case "runner":
		err = w.createRunner(ctx, c)
	case "job":
		suspended := true // it is audited before it has run
		_, err = batch.Jobs("default").Create(ctx, &batchv1.Job{ObjectMeta: meta,
			Spec: batchv1.JobSpec{Suspend: &suspended, Template: once}}, opts)
	case "cronjob":
		_, err = batch.CronJobs("default").Create(ctx, &batchv1.CronJob{ObjectMeta: meta,
			Spec: batchv1.CronJobSpec{Schedule: "0 0 30 2 *", JobTemplate: batchv1.JobTemplateSpec{
				Spec: batchv1.JobSpec{Template: once}}}}, opts)
	case "pod":
		meta.Labels = template.Labels
		_, err = w.api.CoreV1().Pods("default").Create(ctx, &corev1.Pod{ObjectMeta: meta, Spec: template.Spec}, opts)
	}
	return err
}

// awaitPods waits until what makes pods has made them.
func (w *auditWorld) awaitPods(t *testing.T) {
	t.Helper()
	wanted := 0
	for _, c := range w.cases {
		if c.kind != "job" && c.kind != "cronjob" && (c.kind != "daemonset" || c.constraint != "arm") {
			wanted++
		}
	}
	poll(t, "pods", func() bool { return len(w.pods(t)) >= wanted })
}

func (w *auditWorld) pods(t *testing.T) []corev1.Pod {
	t.Helper()
	list, err := w.api.CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}

func poll(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !done(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s within two minutes", what)
		}
	}
}

func (w *auditWorld) cordon(t *testing.T, node string) {
	t.Helper()
	patch := []byte(`{"spec": {"unschedulable": true}}`)
	if _, err := w.api.CoreV1().Nodes().Patch(t.Context(), node, types.StrategicMergePatchType, patch,
		metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}

// restart starts everything anew: pods that something makes again are deleted, the others made again, and jobs run.
func (w *auditWorld) restart(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	old := map[types.UID]bool{}
	background := metav1.DeletePropagationBackground
	for _, c := range w.cases {
		jobs := w.api.BatchV1().Jobs("default")
		switch c.kind {
		case "job":
			_, err := jobs.Patch(ctx, c.name, types.StrategicMergePatchType, []byte(`{"spec": {"suspend": false}}`),
				metav1.PatchOptions{})
			check(t, c, err)
		case "cronjob":
			_ = jobs.Delete(ctx, c.name, metav1.DeleteOptions{PropagationPolicy: &background}) // of the time before
		}
	}
	for _, pod := range w.pods(t) {
		if strings.HasPrefix(pod.Labels["case"], "job-") {
			continue
		}
		old[pod.UID] = true
		err := w.api.CoreV1().Pods("default").Delete(ctx, pod.Name, metav1.DeleteOptions{})
		if !apierrors.IsNotFound(err) { // it may go with its job
			check(t, auditedCase{name: pod.Name}, err)
		}
	}
	poll(t, "end of the old pods", func() bool {
		for _, pod := range w.pods(t) {
			if old[pod.UID] {
				return false
			}
		}
		return true
	})
	for _, c := range w.cases {
		switch c.kind {
		case "pod":
			check(t, c, w.create(ctx, c))
		case "cronjob":
			w.runNow(t, c)
		case "runner":
			check(t, c, w.startRunner(ctx, c.name))
		}
	}
}

// runNow runs a CronJob's job, as kubectl create job --from does.
func (w *auditWorld) runNow(t *testing.T, c auditedCase) {
	t.Helper()
	cron, err := w.api.BatchV1().CronJobs("default").Get(t.Context(), c.name, metav1.GetOptions{})
	check(t, c, err)
	job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: c.name}, Spec: cron.Spec.JobTemplate.Spec}
	poll(t, "job of "+c.name, func() bool {
		_, err := w.api.BatchV1().Jobs("default").Create(t.Context(), job, metav1.CreateOptions{})
		return err == nil // the one of before may still be there
	})
}

func check(t *testing.T, c auditedCase, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
}

// watch returns what has become of each workload on arm64, once that is the same for a while.
func (w *auditWorld) watch(t *testing.T) map[string]string {
	t.Helper()
	var last string
	since := time.Now()
	var happened map[string]string
	poll(t, "lasting state", func() bool {
		happened = w.happened(t)
		if now := fmt.Sprint(happened); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > 6*time.Second && !strings.Contains(last, "waits")
	})
	return happened
}

// happened is what each workload's pods do on arm64 now.
func (w *auditWorld) happened(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, c := range w.cases {
		all[c.name] = "waits"
		if c.kind == "daemonset" {
			all[c.name] = "excluded" // no pod, until there is one
		}
	}
	for _, pod := range w.pods(t) {
		if what := happenedTo(&pod); pod.Spec.NodeName != "amd-0" && what != "" {
			all[pod.Labels["case"]] = what
		}
	}
	return all
}

func happenedTo(pod *corev1.Pod) string {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Reason == corev1.PodReasonUnschedulable {
			return "excluded"
		}
	}
	for _, s := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		waiting, last, ended := s.State.Waiting, s.LastTerminationState.Terminated, s.State.Terminated
		switch {
		case waiting != nil && strings.Contains(waiting.Reason, "ImagePull"):
			return "pull-fails"
		case last != nil && last.ExitCode != 0, ended != nil && ended.ExitCode != 0:
			return "crashes"
		}
	}
	for _, s := range pod.Status.ContainerStatuses {
		if (s.State.Running == nil || !s.Ready) && s.State.Terminated == nil {
			return "waits"
		}
	}
	if len(pod.Status.ContainerStatuses) == 0 {
		return "waits"
	}
	return "runs"
}

// patch makes a patch as kustomize would.
func (w *auditWorld) patch(t *testing.T, kind, name, patch string) {
	t.Helper()
	content, err := yaml.YAMLToJSON([]byte(patch))
	if err != nil {
		t.Fatal(err)
	}
	ctx, merge, opts := t.Context(), types.StrategicMergePatchType, metav1.PatchOptions{}
	switch kind {
	case "Deployment":
		_, err = w.api.AppsV1().Deployments("default").Patch(ctx, name, merge, content, opts)
	case "StatefulSet":
		_, err = w.api.AppsV1().StatefulSets("default").Patch(ctx, name, merge, content, opts)
	case "DaemonSet":
		_, err = w.api.AppsV1().DaemonSets("default").Patch(ctx, name, merge, content, opts)
	case "ReplicaSet":
		_, err = w.api.AppsV1().ReplicaSets("default").Patch(ctx, name, merge, content, opts)
	case "ReplicationController":
		_, err = w.api.CoreV1().ReplicationControllers("default").Patch(ctx, name, merge, content, opts)
	case "Runner":
		_, err = w.runners.Patch(ctx, name, types.MergePatchType, content, opts)
	case "CronJob":
		_, err = w.api.BatchV1().CronJobs("default").Patch(ctx, name, merge, content, opts)
	default:
		err = fmt.Errorf("no patch for kind %s", kind)
	}
	if err != nil {
		t.Fatalf("%s %s: %v", kind, name, err)
	}
}

func makeNamespace(t testing.TB, cluster *localcluster.Cluster, name string) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := apiOf(t, cluster).CoreV1().Namespaces().Create(t.Context(), namespace,
		metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	return name
}

// makeDeployment makes a Deployment of an image, with image pull secrets where they are given.
func makeDeployment(t testing.TB, cluster *localcluster.Cluster, namespace, name, image string, replicas int32,
	secrets ...string) {
	t.Helper()
	labels := map[string]string{"app": name}
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.DeploymentSpec{Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: image}}}}}}
	for _, secret := range secrets {
		deployment.Spec.Template.Spec.ImagePullSecrets = append(deployment.Spec.Template.Spec.ImagePullSecrets,
			corev1.LocalObjectReference{Name: secret})
	}
	if _, err := apiOf(t, cluster).AppsV1().Deployments(namespace).Create(t.Context(), deployment,
		metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func deleteDeployment(t testing.TB, cluster *localcluster.Cluster, namespace, name string) {
	t.Helper()
	if err := apiOf(t, cluster).AppsV1().Deployments(namespace).Delete(t.Context(), name,
		metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
}
