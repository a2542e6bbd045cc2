package admission

import (
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestIsRefusal(t *testing.T) {
	pods := corev1.Resource("pods")
	object := func(api, kind, name string) *unstructured.Unstructured {
		obj := &unstructured.Unstructured{Object: map[string]any{}}
		obj.SetAPIVersion(api)
		obj.SetKind(kind)
		obj.SetName(name)
		return obj
	}
	known, strange := object("apps/v1", "Deployment", "app"), object("apps/v1", "Deployment", "other")
	custom := object("argoproj.io/v1alpha1", "Rollout", "app")
	s := &Server{set: []*unstructured.Unstructured{known, object("v1", "ServiceAccount", "builder")},
		accepted: map[*unstructured.Unstructured]bool{known: true, custom: true}}
	forbidden := func(text string) error { return apierrors.NewForbidden(pods, "app", errors.New(text)) }
	invalid := apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "app", nil)
	for _, test := range []struct {
		name string
		obj  *unstructured.Unstructured
		err  error
		want bool
	}{
		{"a_policy", known, forbidden("violates PodSecurity \"restricted:latest\": privileged"), true},
		{"a_webhook", known, errors.New(`admission webhook "v.example.com" denied the request: no`), true},
		{"a_quota_is_for_the_forecast", known, forbidden("exceeded quota: small, requested: pods=1"), false},
		{"a_right_that_this_run_lacks", known, forbidden(`User "me" cannot create resource "pods"`), false},
		{"what_the_deploy_brings", known, forbidden(`error looking up service account shop/builder: "builder" not found`),
			false},
		{"what_nobody_brings", known, forbidden(`error looking up service account shop/baker: "baker" not found`), true},
		{"admission_made_it_invalid", known, invalid, true},
		{"it_was_invalid_before", strange, invalid, false},
		{"its_controller_may_add_what_lacks", custom, invalid, false},
		{"no_answer", known, errors.New("connection refused"), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := s.isRefusal(test.obj, test.err); got != test.want {
				t.Errorf("%v, want %v: %v", got, test.want, test.err)
			}
		})
	}
}
