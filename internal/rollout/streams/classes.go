package streams

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout/follow"
)

// The kinds that decide what a claim and an ingress wait for, and ingresses themselves.
var (
	StorageClasses = schema.GroupVersionResource{Group: "storage.k8s.io", Version: "v1", Resource: "storageclasses"}
	Ingresses      = schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "ingresses"}
	IngressClasses = schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "ingressclasses"}
)

// Classes are the cluster's storage and ingress classes by name, as far as the deployer may read them. They decide what
// a claim and an ingress wait for.
type Classes struct {
	storage, ingress map[string]*unstructured.Unstructured
	// Unreadable means that the deployer may not read storage classes.
	Unreadable bool
}

// NewClasses returns what knows no class yet.
func NewClasses() *Classes {
	return &Classes{storage: map[string]*unstructured.Unstructured{}, ingress: map[string]*unstructured.Unstructured{}}
}

// See takes in a change of a class.
func (c *Classes) See(change follow.Change) {
	known := c.storage
	if change.From.GroupVersionResource == IngressClasses {
		known = c.ingress
	}
	if change.Gone {
		delete(known, change.Object.GetName())
		return
	}
	known[change.Object.GetName()] = change.Object
}

// Correct judges what the object alone does not show: a claim whose volume is made for the first pod that wants it is
// ready without one, and an ingress waits for its address where a controller of its class is there.
func (c *Classes) Correct(u *unstructured.Unstructured, s readiness.Status) readiness.Status {
	switch u.GroupVersionKind().GroupKind().String() {
	case "PersistentVolumeClaim":
		if s.State == readiness.InProgress && isUnclaimed(u) {
			return c.ofClaim(u, s)
		}
	case "Ingress.networking.k8s.io":
		if class := c.ingressClass(u); s.State == readiness.Unjudged && publishes[controllerOf(class)] {
			s.State = readiness.InProgress
		}
	}
	return s
}

// The annotations that Kubernetes sets on a claim once it looks for a volume:
// https://kubernetes.io/docs/reference/labels-annotations-taints/#volume-kubernetes-io-selected-node
const (
	selectedNode = "volume.kubernetes.io/selected-node"
	provisioner  = "volume.kubernetes.io/storage-provisioner"
)

// isUnclaimed reports whether nothing makes a volume for the claim: no provisioner does, and no pod asks for it.
func isUnclaimed(claim *unstructured.Unstructured) bool {
	annotations := claim.GetAnnotations()
	return annotations[selectedNode] == "" && annotations[provisioner] == "" && claim.GetDeletionTimestamp() == nil
}

// ofClaim judges a claim for which nothing makes a volume: by its class that is as it should be until a pod uses it.
func (c *Classes) ofClaim(claim *unstructured.Unstructured, s readiness.Status) readiness.Status {
	name, _, _ := unstructured.NestedString(claim.Object, "spec", "storageClassName")
	class := c.storage[name]
	switch {
	case name == "":
		s.Message = "it has no volume, and names no storage class that would make one"
	case class == nil && c.Unreadable:
		return readiness.Status{State: readiness.Unjudged, Message: "it has no volume, and its storage class may not be " +
			"read: it may wait for the first pod that uses it"}
	case class == nil:
		s.Message = "it has no volume, and the cluster has no storage class " + name
	default:
		if mode, _, _ := unstructured.NestedString(class.Object, "volumeBindingMode"); mode == "WaitForFirstConsumer" {
			return readiness.Status{State: readiness.Ready, Message: "its volume is made for the first pod that uses it"}
		}
	}
	return s
}

// publishes are the controllers that always report an ingress's address. Others, such as Traefik's, do so where they
// are set up to: an ingress of theirs that has none after a time is not judged.
var publishes = map[string]bool{
	"k8s.io/ingress-nginx":                              true,
	"k8s.io/ingress-gce":                                true,
	"webapprouting.kubernetes.azure.com/nginx":          true,
	"webapprouting.kubernetes.azure.com/nginx/internal": true,
	"azure/application-gateway":                         true,
	"alb.networking.azure.io/alb-controller":            true,
	"ingress.k8s.aws/alb":                               true,
}

func (c *Classes) ingressClass(u *unstructured.Unstructured) *unstructured.Unstructured {
	name, _, _ := unstructured.NestedString(u.Object, "spec", "ingressClassName")
	if name != "" {
		return c.ingress[name]
	}
	for _, class := range c.ingress {
		if class.GetAnnotations()["ingressclass.kubernetes.io/is-default-class"] == "true" {
			return class
		}
	}
	return nil
}

func controllerOf(class *unstructured.Unstructured) string {
	if class == nil {
		return ""
	}
	name, _, _ := unstructured.NestedString(class.Object, "spec", "controller")
	return name
}
