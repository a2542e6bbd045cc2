package kubelet

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/record"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/podstatus"
)

// referrer is the worker of a pod in a namespace that has ConfigMap "settings" with key "colour" and Secret "token"
// with key "value", and the events that it will tell.
func referrer(pod *corev1.Pod) (*worker, chan string) {
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name, Namespace: pod.Namespace} }
	client := fake.NewClientset(
		&corev1.ConfigMap{ObjectMeta: meta("settings"), Data: map[string]string{"colour": "blue"}},
		&corev1.Secret{ObjectMeta: meta("token"), Data: map[string][]byte{"value": []byte("x")}})
	recorder := record.NewFakeRecorder(10)
	return newWorker(&node{client: client, recorder: recorder}, pod, func() {}), recorder.Events
}

func told(events chan string) (all []string) {
	for len(events) > 0 {
		all = append(all, <-events)
	}
	return all
}

func TestCheckEnvironment(t *testing.T) {
	configMap := func(name, key string, optional *bool) corev1.Container {
		ref := &corev1.ConfigMapKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: name}, Key: key,
			Optional: optional}
		return corev1.Container{Env: []corev1.EnvVar{{Name: "PLAIN", Value: "1"},
			{Name: "V", ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: ref}}}}
	}
	secret := func(name, key string, optional *bool) corev1.Container {
		ref := &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: name}, Key: key,
			Optional: optional}
		return corev1.Container{Env: []corev1.EnvVar{{Name: "V", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: ref}}}}
	}
	allOf := func(configMap, secret string, optional *bool) corev1.Container {
		return corev1.Container{EnvFrom: []corev1.EnvFromSource{
			{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: configMap},
				Optional: optional}},
			{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: secret},
				Optional: optional}},
		}}
	}
	for _, test := range []struct {
		name string
		c    corev1.Container
		want string // empty: the container may start
	}{
		{"keys_that_are_there", configMap("settings", "colour", nil), ""},
		{"a_secret_that_is_there", secret("token", "value", nil), ""},
		{"all_of_both", allOf("settings", "token", nil), ""},
		{"no_config_map", configMap("absent", "colour", nil), `configmap "absent" not found`},
		{"no_secret", secret("absent", "value", nil), `secret "absent" not found`},
		{"no_key_of_the_config_map", configMap("settings", "size", ptr(false)),
			"couldn't find key size in ConfigMap default/settings"},
		{"no_key_of_the_secret", secret("token", "size", nil), "couldn't find key size in Secret default/token"},
		{"all_of_no_config_map", allOf("absent", "token", nil), `configmap "absent" not found`},
		{"all_of_no_secret", allOf("settings", "absent", nil), `secret "absent" not found`},
		{"an_optional_key", configMap("settings", "size", ptr(true)), ""},
		{"an_optional_secret", secret("absent", "value", ptr(true)), ""},
		{"optional_all_of_both", allOf("absent", "absent", ptr(true)), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			pod := onePod("p", "app")
			test.c.Name = "c"
			pod.Spec.Containers[0] = test.c
			w, events := referrer(pod)
			var want *podstatus.Failure
			var wantEvents []string
			if test.want != "" {
				want = &podstatus.Failure{Reason: "CreateContainerConfigError", Message: test.want}
				wantEvents = []string{"Warning Failed Error: " + test.want}
			}
			if diff := cmp.Diff(want, w.checkEnvironment(t.Context(), &pod.Spec.Containers[0]),
				cmp.AllowUnexported(podstatus.Failure{})); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(wantEvents, told(events), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTryMount(t *testing.T) {
	for _, test := range []struct{ name, volume, want string }{
		{"a_key", "{configMap: {name: settings, items: [{key: colour, path: c}]}}", ""},
		{"no_key_of_a_config_map", "{configMap: {name: settings, items: [{key: colour, path: c}, {key: size, path: s}]}}",
			"configmap references non-existent config key: size"},
		{"no_key_of_a_secret", "{secret: {secretName: token, items: [{key: size, path: s}]}}",
			"references non-existent secret key: size"},
		{"an_optional_key", "{secret: {secretName: token, optional: true, items: [{key: size, path: s}]}}", ""},
		{"projected", "{projected: {sources: [{configMap: {name: settings}}, {secret: {name: absent}}]}}",
			`secret "absent" not found`},
		{"two_faults", "{projected: {sources: [{configMap: {name: absent}}, {secret: {name: token, items: [{key: size, " +
			"path: s}]}}]}}", `[configmap "absent" not found, references non-existent secret key: size]`},
		{"of_the_node", "{emptyDir: {}}", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			pod := onePod("p", "app")
			var v corev1.Volume
			if err := yaml.UnmarshalStrict([]byte(test.volume), &v); err != nil {
				t.Fatal(err)
			}
			v.Name = "v"
			pod.Spec.Volumes = []corev1.Volume{v}
			pod.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "v"}}
			w, events := referrer(pod)
			var want []string
			if test.want != "" {
				want = []string{`Warning FailedMount MountVolume.SetUp failed for volume "v" : ` + test.want}
			}
			if mounted := w.tryMount(t.Context()); mounted != (test.want == "") {
				t.Errorf("mounted: %t", mounted)
			}
			if diff := cmp.Diff(want, told(events), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestMountVolumes has a pod wait for what it mounts, tell so each time it looks, and go on once all is there.
func TestMountVolumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pod := onePod("p", "app")
		pod.Spec.Volumes = []corev1.Volume{
			{Name: "present", VolumeSource: fromConfigMap("settings")}, {Name: "late", VolumeSource: fromConfigMap("late")},
			{Name: "key", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "key"}}},
			{Name: "optional", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "absent",
				Optional: ptr(true)}}},
			{Name: "scratch"}, {Name: "unused", VolumeSource: fromConfigMap("absent")},
		}
		for _, v := range []string{"present", "late", "optional", "scratch"} {
			pod.Spec.Containers[0].VolumeMounts = append(pod.Spec.Containers[0].VolumeMounts, corev1.VolumeMount{Name: v})
		}
		pod.Spec.InitContainers = []corev1.Container{{Name: "init", VolumeMounts: []corev1.VolumeMount{{Name: "key"}}}}
		w, events := referrer(pod)
		time.AfterFunc(time.Second, func() {
			made := metav1.ObjectMeta{Name: "late", Namespace: pod.Namespace}
			_, _ = w.node.client.CoreV1().ConfigMaps(pod.Namespace).Create(t.Context(), &corev1.ConfigMap{ObjectMeta: made},
				metav1.CreateOptions{})
			made.Name = "key"
			_, _ = w.node.client.CoreV1().Secrets(pod.Namespace).Create(t.Context(), &corev1.Secret{ObjectMeta: made},
				metav1.CreateOptions{})
		})
		begun := time.Now()
		if !w.mountVolumes(t.Context()) {
			t.Error("not mounted")
		}
		if waited := time.Since(begun); waited != mountRetry+2*mountRetry {
			t.Errorf("mounted after %s, want its third attempt", waited)
		}
		const late = `Warning FailedMount MountVolume.SetUp failed for volume "late" : configmap "late" not found`
		const key = `Warning FailedMount MountVolume.SetUp failed for volume "key" : secret "key" not found`
		if diff := cmp.Diff([]string{late, key, late, key}, told(events)); diff != "" {
			t.Error(diff)
		}
	})
}

func fromConfigMap(name string) corev1.VolumeSource {
	object := corev1.LocalObjectReference{Name: name}
	return corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: object}}
}
