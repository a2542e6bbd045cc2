package finding_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// What the API server of Kubernetes 1.36 says in each case.
func TestRefusedPods_says_what_to_do(t *testing.T) {
	account := object.Key{GroupKind: schema.GroupKind{Kind: "ServiceAccount"}, Namespace: "shop", Name: "web"}
	const addAccount = "Add ServiceAccount web to the manifests, or create it in namespace shop, or correct " +
		"serviceAccountName."
	for _, test := range []struct {
		name, refusal, fix string
		missing            object.Key
		grace              time.Duration
	}{
		{"account", `pods "app-" is forbidden: error looking up service account shop/web: serviceaccount "web" not found`,
			addAccount, account, 20 * time.Second},
		{"runtime_class", `pods "app-" is forbidden: pod rejected: RuntimeClass "kata" not found`,
			"Add RuntimeClass kata to the manifests, or correct runtimeClassName: kubectl get runtimeclass",
			object.Key{GroupKind: schema.GroupKind{Group: "node.k8s.io", Kind: "RuntimeClass"}, Name: "kata"},
			20 * time.Second},
		{"priority_class", `pods "app-" is forbidden: no PriorityClass with name high was found`,
			"Add PriorityClass high to the manifests, or correct priorityClassName: kubectl get priorityclass",
			object.Key{GroupKind: schema.GroupKind{Group: "scheduling.k8s.io", Kind: "PriorityClass"}, Name: "high"},
			20 * time.Second},
		{"pod_security", `pods "app-" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true`,
			"Change the fields of the pod template that the message names, or the label " +
				"pod-security.kubernetes.io/enforce of namespace shop.", object.Key{}, 20 * time.Second},
		{"quota", `pods "app-" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2`,
			"Raise the quota, or lower requests, limits or replicas: kubectl describe quota -n shop", object.Key{},
			time.Minute},
		{"limit_range", `pods "app-" is forbidden: maximum cpu usage per Container is 1, but limit is 2`,
			"Change requests and limits, or the LimitRange: kubectl describe limitrange -n shop", object.Key{},
			20 * time.Second},
		{"selector_of_the_namespace",
			`pods "app-" is forbidden: pod node label selector conflicts with its namespace node label selector`,
			"Change nodeSelector, or the annotation scheduler.alpha.kubernetes.io/node-selector of namespace shop.",
			object.Key{}, 20 * time.Second},
		{"webhook", `admission webhook "policy.example.com" denied the request: no`,
			"Change what the webhook names, or ask those who run policy.example.com.", object.Key{}, 20 * time.Second},
		{"policy", `pods "app-" is forbidden: ValidatingAdmissionPolicy 'no-root' with binding 'all' denied request: root`,
			"Change what the policy names: kubectl get validatingadmissionpolicy no-root -o yaml", object.Key{},
			20 * time.Second},
		{"anything_else", `pods "app-" is forbidden: the moon is full`,
			"Change the pod template, or the rule in the cluster that refuses it.", object.Key{}, 20 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := finding.RefusedPods("apps/v1 Deployment shop/app", "Deployment shop/app", "shop", test.refusal)
			want := finding.Diagnosis{Missing: test.missing, Grace: test.grace, Finding: &finding.Finding{
				Code: finding.PodsRefused, Severity: finding.Error, Object: "apps/v1 Deployment shop/app",
				Message: "Deployment shop/app: its pods cannot be created: " + finding.WithoutPodName(test.refusal) + ".",
				Fix:     test.fix,
			}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
