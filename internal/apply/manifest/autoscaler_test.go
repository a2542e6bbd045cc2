package manifest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

func TestNoteTarget_names_what_people_wrote(t *testing.T) {
	target := object.Key{GroupKind: schema.GroupKind{Group: "apps", Kind: "Deployment"}, Namespace: "shop", Name: "cart"}
	const scales = "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: cart}}"
	for _, test := range []struct{ name, object, want string }{
		{"an_autoscaler", "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: cart, " +
			"namespace: shop}, " + scales + "}", "HorizontalPodAutoscaler shop/cart"},
		{"one_that_KEDA_made", "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: " +
			"keda-hpa-cart, namespace: shop, ownerReferences: [{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, name: " +
			"cart, uid: u, controller: true}]}, " + scales + "}",
			"ScaledObject shop/cart, by its HorizontalPodAutoscaler shop/keda-hpa-cart,"},
		{"what_KEDA_will_make_one_of", "{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: cart, " +
			"namespace: shop}, spec: {scaleTargetRef: {name: cart}}}", "ScaledObject shop/cart"},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := &unstructured.Unstructured{}
			if err := yaml.Unmarshal([]byte(test.object), &u.Object); err != nil {
				t.Fatal(err)
			}
			got := map[object.Key]string{}
			NoteTarget(got, u)
			if diff := cmp.Diff(map[object.Key]string{target: test.want}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
