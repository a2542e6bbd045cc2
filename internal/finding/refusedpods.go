package finding

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// How long the API server may refuse a controller's pods before it counts as permanent. A quota may become free as
// pods of the revision before end; the other causes go away by a change alone.
const (
	refusalGrace = 20 * time.Second
	quotaGrace   = time.Minute
)

// refusals are what the API server's own admission plugins say of a pod, and what to do about each. What the last group
// of an expression finds is {name} in the fix, and the name of what is missing.
// https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
var refusals = []struct {
	words   *regexp.Regexp
	grace   time.Duration // refusalGrace if 0
	missing schema.GroupKind
	fix     string
}{
	{words: regexp.MustCompile(`exceeded quota|failed quota`), grace: quotaGrace,
		fix: "Raise the quota, or lower requests, limits or replicas: kubectl describe quota -n {namespace}"},
	{words: regexp.MustCompile(`violates PodSecurity "([^":]+)`),
		fix: "Change the fields of the pod template that the message names, or the label " +
			"pod-security.kubernetes.io/enforce of namespace {namespace}."},
	{words: regexp.MustCompile(`error looking up service account (?:[^ :/]+/)?([^ :/]+)`),
		missing: schema.GroupKind{Kind: "ServiceAccount"},
		fix: "Add ServiceAccount {name} to the manifests, or create it in namespace {namespace}, or correct " +
			"serviceAccountName."},
	{words: regexp.MustCompile(`RuntimeClass "([^"]+)" not found`),
		missing: schema.GroupKind{Group: "node.k8s.io", Kind: "RuntimeClass"},
		fix:     "Add RuntimeClass {name} to the manifests, or correct runtimeClassName: kubectl get runtimeclass"},
	{words: regexp.MustCompile(`no PriorityClass with name (\S+) was found`),
		missing: schema.GroupKind{Group: "scheduling.k8s.io", Kind: "PriorityClass"},
		fix:     "Add PriorityClass {name} to the manifests, or correct priorityClassName: kubectl get priorityclass"},
	{words: regexp.MustCompile(`(?:minimum|maximum) \S+ usage per|max limit to request ratio`),
		fix: "Change requests and limits, or the LimitRange: kubectl describe limitrange -n {namespace}"},
	{words: regexp.MustCompile(`conflicts with its namespace node label selector`),
		fix: "Change nodeSelector, or the annotation scheduler.alpha.kubernetes.io/node-selector of namespace {namespace}."},
	{words: regexp.MustCompile(`admission webhook "([^"]+)" denied the request`),
		fix: "Change what the webhook names, or ask those who run {name}."},
	{words: regexp.MustCompile(`ValidatingAdmissionPolicy '([^']+)'`),
		fix: "Change what the policy names: kubectl get validatingadmissionpolicy {name} -o yaml"},
}

// RefusedPods is the diagnosis of an object whose pods the API server will not create, by what the server says. The
// name is that of the object in words. Its grace ends when a change alone helps.
func RefusedPods(id, name, namespace, refusal string) Diagnosis {
	refusal = WithoutPodName(OneLine(refusal))
	d := Diagnosis{Grace: refusalGrace, Finding: &Finding{
		Code: PodsRefused, Severity: Error, Object: id,
		Message: fmt.Sprintf("%s: its pods cannot be created: %s.", name, refusal),
		Fix:     "Change the pod template, or the rule in the cluster that refuses it.",
	}}
	for _, r := range refusals {
		found := r.words.FindStringSubmatch(refusal)
		if found == nil {
			continue
		}
		named := found[len(found)-1]
		d.Grace = cmp.Or(r.grace, refusalGrace)
		d.Finding.Fix = strings.NewReplacer("{name}", named, "{namespace}", namespace).Replace(r.fix)
		d.Missing = missing(r.missing, namespace, named)
		break
	}
	return d
}

// missing is the key of what a pod lacks: a ServiceAccount of its namespace, or a class of the cluster.
func missing(kind schema.GroupKind, namespace, name string) object.Key {
	switch {
	case kind.Empty():
		return object.Key{}
	case kind.Group == "":
		return object.Key{GroupKind: kind, Namespace: namespace, Name: name}
	}
	return object.Key{GroupKind: kind, Name: name}
}
