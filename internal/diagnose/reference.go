package diagnose

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/reference"
)

// The kubelet's words for what a pod names and the namespace does not have, or not with the key that is asked for.
// Source: https://github.com/kubernetes/kubernetes/tree/v1.36.3/pkg/kubelet, kubelet_pods.go;
// pkg/volume/{secret,configmap,projected}.
var (
	missingObject = regexp.MustCompile(`(?i)\b(secret|configmap) "(?:[^"/]+/)?([^"]+)" not found`)
	missingKey    = regexp.MustCompile(`(?i)couldn't find key (\S+) in (Secret|ConfigMap) (?:[^/\s]+/)?(\S+)|references non-existent (secret|config) key: (\S+)`)
)

// missingIn returns what a message of the kubelet says is missing: its kind, name and key; false when it says no such
// thing.
func missingIn(message string) (kind, name, key string, ok bool) {
	if m := missingObject.FindStringSubmatch(message); m != nil {
		return kinds[strings.ToLower(m[1])], m[2], "", true
	}
	if m := missingKey.FindStringSubmatch(message); m != nil {
		if m[4] != "" {
			return kinds[strings.ToLower(m[4])], "", m[5], true
		}
		return m[2], m[3], m[1], true
	}
	return "", "", "", false
}

var kinds = map[string]string{"secret": "Secret", "configmap": "ConfigMap", "config": "ConfigMap"}

// missingReference is the diagnosis of a pod that names what is not there. Somebody may still make it: see
// finding.Diagnosis.Missing. who names the part of the pod that asks for it.
func missingReference(f *finding.Finding, pod *corev1.Pod, who, kind, name, key string) finding.Diagnosis {
	f.Code = finding.MissingReference
	d := finding.Diagnosis{Finding: f, Grace: finding.MissingGrace}
	what := kind + " " + name
	switch {
	case key != "" && name == "":
		f.Message += fmt.Sprintf("%s names key %s, which its %s does not have.", who, key, kind)
		f.Fix = "Add the key, or correct the reference."
	case key != "":
		f.Message += fmt.Sprintf("%s names key %s, which %s does not have.", who, key, what)
		f.Fix = fmt.Sprintf("Add the key to %s in namespace %s, or correct the reference.", what, pod.Namespace)
	default:
		f.Message += fmt.Sprintf("%s names %s, which does not exist.", who, what)
		f.Fix = fmt.Sprintf("Create %s in namespace %s, or correct the reference.", what, pod.Namespace)
		d.Missing = object.Key{GroupKind: schema.GroupKind{Kind: kind}, Namespace: pod.Namespace, Name: name}
	}
	return d
}

// askedBy names the variable of a container that takes its value from the object, or the container itself.
func (c container) askedBy(kind, name string) string {
	for _, e := range c.Env {
		from := e.ValueFrom
		switch {
		case from == nil:
		case kind == "Secret" && from.SecretKeyRef != nil && from.SecretKeyRef.Name == name,
			kind == "ConfigMap" && from.ConfigMapKeyRef != nil && from.ConfigMapKeyRef.Name == name:
			return "variable " + e.Name + " of container " + c.Name
		}
	}
	return "container " + c.Name
}

// sourceOf names the Secret or ConfigMap of a volume from which a key is asked, or "": the kubelet names the key alone.
func sourceOf(pod *corev1.Pod, volume, kind, key string) string {
	for _, v := range pod.Spec.Volumes {
		if v.Name != volume {
			continue
		}
		for _, r := range reference.OfPod(corev1.PodSpec{Volumes: []corev1.Volume{v}}, pod.Namespace) {
			if r.Kind == kind && slices.ContainsFunc(r.Wanted, func(w reference.Wanted) bool { return w.Key == key }) {
				return r.Name
			}
		}
	}
	return ""
}
