package apply

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

var crdKind = schema.GroupKind{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}

// definition is what a CustomResourceDefinition of the set says about its kind. Taking it from the manifest
// tells where objects of the kind go before the API server has heard of it.
type definition struct {
	kind       schema.GroupKind
	plural     string
	namespaced bool
}

func definitionOf(crd *unstructured.Unstructured) definition {
	text := func(fields ...string) string {
		s, _, _ := unstructured.NestedString(crd.Object, append([]string{"spec"}, fields...)...)
		return s
	}
	return definition{
		kind:       schema.GroupKind{Group: text("group"), Kind: text("names", "kind")},
		plural:     text("names", "plural"),
		namespaced: text("scope") == "Namespaced",
	}
}

// established waits until the kind that crd defines is served: the API server first accepts the names, then
// publishes the endpoint, and until then answers 404 to every object of the kind.
func (r *run) established(ctx context.Context, crd *item) error {
	last := "nothing has been said about it"
	kind := definitionOf(crd.desired).kind
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, r.opts.EstablishTimeout, true, func(ctx context.Context) (bool, error) {
		live, err := r.Get(ctx, crd.Ref)
		if err != nil {
			return false, err
		}
		if names, why := condition(live, "NamesAccepted"); names == "False" {
			return false, &server.Refusal{Why: "its names are not accepted: " + why, Fix: "Another definition has the name already: choose another, or delete that one."}
		}
		if ready, why := condition(live, "Established"); ready != "True" {
			last = "it is not established: " + why
			return false, nil
		}
		last = "discovery does not list it"
		return r.serves(ctx, kind)
	})
	if wait.Interrupted(err) && ctx.Err() == nil {
		return &server.Refusal{
			Why: fmt.Sprintf("its kind is not served after %s: %s", r.opts.EstablishTimeout, last),
			Fix: "See what holds it up: kubectl describe crd " + crd.desired.GetName(),
		}
	}
	return err
}

func (r *run) serves(ctx context.Context, kind schema.GroupKind) (bool, error) {
	mapper, err := r.Discover(ctx)
	if err != nil {
		return false, err
	}
	_, err = mapper.RESTMappingWithContext(ctx, kind)
	if meta.IsNoMatchError(err) {
		return false, nil
	}
	return err == nil, err
}

// condition returns the status and message of one of the object's conditions, both empty when it has none of that type.
func condition(u *unstructured.Unstructured, kind string) (status, message string) {
	all, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, one := range all {
		if c, ok := one.(map[string]any); ok && c["type"] == kind {
			status, _ = c["status"].(string)
			message, _ = c["message"].(string)
		}
	}
	return status, message
}
