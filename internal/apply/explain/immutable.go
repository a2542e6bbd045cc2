package explain

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

// immutable are the words of refusals to change an object that exists: FieldImmutableErrorMsg of
// k8s.io/apimachinery/pkg/api/validation; how Pods, Services, StatefulSets, volumes and claims, PriorityClasses and
// role bindings say it in k8s.io/kubernetes/pkg/apis; and the rules in CEL of custom kinds, by their text or their
// message.
var immutable = regexp.MustCompile(`(?i)immutable|updates to \w+ spec for fields other than|` +
	`may not change fields other than|may not change once set|cannot change roleRef|may not be changed in an update|` +
	`cannot be changed|can't be changed|oldSelf`)

// otherThan begins a list of the few fields that may change.
var otherThan = regexp.MustCompile("(?s)(?:fields other than|after creation except) (.*?)(?: are forbidden| \\(|\n|$)")

// Immutable returns the fields of an object that the API server refuses to change, with that as the only reason of the
// refusal; nil for any other refusal.
func Immutable(err error) []string {
	var fields []string
	for _, c := range server.Causes(err) {
		if !immutable.MatchString(c.Message) {
			return nil
		}
		field := c.Field
		if m := otherThan.FindStringSubmatch(c.Message); m != nil {
			field += " (all but " + strings.TrimSpace(m[1]) + ")"
		}
		if field != "" && !slices.Contains(fields, field) {
			fields = append(fields, field)
		}
	}
	return fields
}

// cost says what is lost when an object is deleted and created again, by its kind.
var cost = map[string]string{
	"Job.batch":                                    "its pods and their logs are deleted, and it runs again",
	"RoleBinding.rbac.authorization.k8s.io":        "nothing is lost, but for a moment nobody has the role by it",
	"ClusterRoleBinding.rbac.authorization.k8s.io": "nothing is lost, but for a moment nobody has the role by it",
	"PriorityClass.scheduling.k8s.io":              "nothing is lost: pods keep the priority that they have",
	"StorageClass.storage.k8s.io":                  "nothing is lost: volumes stay as they are",
	"CSIDriver.storage.k8s.io":                     "nothing is lost: volumes stay as they are",
	"VolumeAttributesClass.storage.k8s.io":         "nothing is lost: volumes stay as they are",
	"RuntimeClass.node.k8s.io":                     "nothing is lost: pods that run stay as they are",
	"IngressClass.networking.k8s.io":               "nothing is lost",
	"ConfigMap":                                    "nothing is lost: pods that run keep what they have",
	"Secret":                                       "nothing is lost: pods that run keep what they have",
	"Service":                                      "its cluster IP changes, and so does the address of a load balancer",
	"StatefulSet.apps":                             "its pods and claims stay, and the new one takes them over",
	"Deployment.apps":                              "its pods are deleted: it is down until new ones are ready",
	"DaemonSet.apps":                               "its pods are deleted: it is down until new ones are ready",
	"ReplicaSet.apps":                              "its pods are deleted: it is down until new ones are ready",
	"Pod":                                          "the pod is deleted: what it does is down until the new one is ready",
}

// holdsData are the kinds that are never deleted to be created again.
var holdsData = map[string]string{
	"PersistentVolumeClaim": "Its data would be deleted with it. Make a claim of another name, and copy the data.",
	"PersistentVolume":      "Its data might be deleted with it. Make a volume of another name, and a claim for it.",
	"Namespace":             "Everything in it would be deleted with it.",
	"CustomResourceDefinition.apiextensions.k8s.io": "All objects of its kind would be deleted with it.",
}

// Recreatable reports whether objects of the kind may be deleted and created again at all.
func Recreatable(ref server.Ref) bool { return holdsData[ref.Kind.GroupKind().String()] == "" }

// immutableRefusal says in two lines what can't change and what can be done.
func immutableRefusal(ref server.Ref, fields []string) (why, fix string) {
	kind := ref.Kind.Kind
	why = fmt.Sprintf("the manifest changes %s, which can't be changed on a %s that exists",
		strings.Join(fields, ", "), kind)
	if warning, ok := holdsData[ref.Kind.GroupKind().String()]; ok {
		return why, "Set it back. " + warning
	}
	lost, known := cost[ref.Kind.GroupKind().String()]
	if !known {
		lost = "what its controller has made for it may be deleted too"
	}
	return why, fmt.Sprintf("Set it back. Or have it deleted and created again: list %s in recreate, or annotate the "+
		"object with multiarch-deploy.dev/recreate: \"true\". Then %s.", kind, lost)
}
