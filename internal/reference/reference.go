// Package reference lists what pods and claims refer to by name, such as a Secret, and knows who brings it. It looks at
// values only.
package reference

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// Reference is an object that must be there for a pod to start.
type Reference struct {
	object.Key
	// User is what refers to it: "volume data", "variable URL of container app".
	User string
	// Container is the container that refers to it, or "".
	Container string
	// Wanted are the keys of a Secret or a ConfigMap that must be in it.
	Wanted []Wanted
}

// Wanted is a key of a Secret or a ConfigMap, and what asks for it.
type Wanted struct{ Key, User, Container string }

// The kinds that are referred to.
var (
	Secret         = schema.GroupKind{Kind: "Secret"}
	ConfigMap      = schema.GroupKind{Kind: "ConfigMap"}
	Claim          = schema.GroupKind{Kind: "PersistentVolumeClaim"}
	ServiceAccount = schema.GroupKind{Kind: "ServiceAccount"}
	StorageClass   = schema.GroupKind{Group: "storage.k8s.io", Kind: "StorageClass"}
)

// OfPod lists what a pod of a namespace cannot start without, each once. What is optional is left out, and so is what
// each namespace has: the ServiceAccount default and the ConfigMap kube-root-ca.crt.
func OfPod(spec corev1.PodSpec, namespace string) []Reference {
	l := list{namespace: namespace}
	l.add(ServiceAccount, spec.ServiceAccountName, "serviceAccountName", nil)
	for _, v := range spec.Volumes {
		l.volume(v)
	}
	for _, c := range slices.Concat(spec.InitContainers, spec.Containers) {
		l.container = c.Name
		l.variables(c)
	}
	return l.all
}

// ofEachNamespace are made by Kubernetes in every namespace.
var ofEachNamespace = map[string]bool{"default": true, "kube-root-ca.crt": true}

type list struct {
	namespace, container string
	all                  []Reference
}

func (l *list) add(kind schema.GroupKind, name, user string, optional *bool, keys ...string) {
	key := object.Key{GroupKind: kind, Namespace: l.namespace, Name: name}
	if kind == StorageClass {
		key.Namespace = ""
	}
	if name == "" || ofEachNamespace[name] || optional != nil && *optional {
		return
	}
	at := slices.IndexFunc(l.all, func(r Reference) bool { return r.Key == key })
	if at < 0 {
		at = len(l.all)
		l.all = append(l.all, Reference{Key: key, User: user, Container: l.container})
	}
	for _, k := range keys {
		l.all[at].Wanted = append(l.all[at].Wanted, Wanted{k, user, l.container})
	}
}

func keysOf(items []corev1.KeyToPath) (keys []string) {
	for _, item := range items {
		keys = append(keys, item.Key)
	}
	return keys
}

func (l *list) volume(v corev1.Volume) {
	user := "volume " + v.Name
	switch {
	case v.Secret != nil:
		l.add(Secret, v.Secret.SecretName, user, v.Secret.Optional, keysOf(v.Secret.Items)...)
	case v.ConfigMap != nil:
		l.add(ConfigMap, v.ConfigMap.Name, user, v.ConfigMap.Optional, keysOf(v.ConfigMap.Items)...)
	case v.PersistentVolumeClaim != nil:
		l.add(Claim, v.PersistentVolumeClaim.ClaimName, user, nil)
	case v.CSI != nil && v.CSI.NodePublishSecretRef != nil:
		l.add(Secret, v.CSI.NodePublishSecretRef.Name, user, nil)
	case v.Ephemeral != nil && v.Ephemeral.VolumeClaimTemplate != nil:
		if class := v.Ephemeral.VolumeClaimTemplate.Spec.StorageClassName; class != nil {
			l.add(StorageClass, *class, user, nil)
		}
	case v.Projected != nil:
		for _, source := range v.Projected.Sources {
			if s := source.Secret; s != nil {
				l.add(Secret, s.Name, user, s.Optional, keysOf(s.Items)...)
			}
			if c := source.ConfigMap; c != nil {
				l.add(ConfigMap, c.Name, user, c.Optional, keysOf(c.Items)...)
			}
		}
	}
}

func (l *list) variables(c corev1.Container) {
	for _, from := range c.EnvFrom {
		user := "envFrom of container " + c.Name
		if from.SecretRef != nil {
			l.add(Secret, from.SecretRef.Name, user, from.SecretRef.Optional)
		}
		if from.ConfigMapRef != nil {
			l.add(ConfigMap, from.ConfigMapRef.Name, user, from.ConfigMapRef.Optional)
		}
	}
	for _, e := range c.Env {
		user := fmt.Sprintf("variable %s of container %s", e.Name, c.Name)
		if from := e.ValueFrom; from != nil && from.SecretKeyRef != nil {
			l.add(Secret, from.SecretKeyRef.Name, user, from.SecretKeyRef.Optional, from.SecretKeyRef.Key)
		}
		if from := e.ValueFrom; from != nil && from.ConfigMapKeyRef != nil {
			l.add(ConfigMap, from.ConfigMapKeyRef.Name, user, from.ConfigMapKeyRef.Optional, from.ConfigMapKeyRef.Key)
		}
	}
}

// makers are the groups of kinds whose controllers make Secrets and ConfigMaps. Crossplane's and the clouds' are of
// the groups of their resources, so that any custom kind with a reference to write to counts too.
var makers = []string{
	"external-secrets.io", "kubernetes-client.io", "bitnami.com", "cert-manager.io", "secrets.hashicorp.com",
	"isindir.github.com", "redhatcop.redhat.io", "infisical.com", "onepassword.com", "doppler.com", "akeyless.io",
	"mongodb.com", "postgresql.cnpg.io", "acid.zalan.do", "rabbitmq.com", "kafka.strimzi.io", "k8s.elastic.co",
	"crossplane.io", "upbound.io", "azure.com", "cnrm.cloud.google.com", "services.k8s.aws", "percona.com",
	"reflector.v1.k8s.emberstack.com", "trust.cert-manager.io", "spv.no", "secrets-store.csi.x-k8s.io",
	"operator.victoriametrics.com", "argoproj.io", "toolkit.fluxcd.io", "helm.cattle.io", "k8s.keycloak.org",
}

// Brings reports whether a deploy of objects makes the object that is missing: the deploy itself, or a custom object
// whose controller is known to make such objects.
func Brings(deployed func(yield func(object.Key) bool), missing object.Key) bool {
	made := missing.GroupKind == Secret || missing.GroupKind == ConfigMap
	for key := range deployed {
		if key == missing {
			return true
		}
		for _, group := range makers {
			if made && (key.Group == group || strings.HasSuffix(key.Group, "."+group)) {
				return true
			}
		}
	}
	return false
}

// OfClaims lists the storage classes that a claim, or the templates of a StatefulSet's claims, name.
func OfClaims(u *unstructured.Unstructured) []Reference {
	l := list{}
	spec := func(claim map[string]any, user string) {
		class, _, _ := unstructured.NestedString(claim, "spec", "storageClassName")
		l.add(StorageClass, class, user, nil)
	}
	switch kind := u.GroupVersionKind().GroupKind(); {
	case kind == Claim:
		spec(u.Object, "storageClassName")
	case kind.Kind == "StatefulSet":
		templates, _, _ := unstructured.NestedSlice(u.Object, "spec", "volumeClaimTemplates")
		for _, t := range templates {
			if claim, ok := t.(map[string]any); ok {
				spec(claim, "a claim template")
			}
		}
	}
	return l.all
}
