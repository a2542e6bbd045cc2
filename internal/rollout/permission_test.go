package rollout_test

import (
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

// A deployer that may watch what the documentation names, events not among it, in its own namespace alone.
func TestWatch_needs_no_more_permissions_than_it_says(t *testing.T) {
	t.Parallel()
	pushImages(t)
	s := openShop(t)
	s.allow(t, "deployer", "deployments", "replicasets", "pods")
	s.Client = s.as("deployer")
	applied := s.apply(t, deployment("good:1", ""))
	result, err := rollout.Watch(t.Context(), s.Cluster, applied, s.options(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(outcome{Ready: 4, Pods: 4}, reduce(result)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWatch_names_the_permission_that_is_missing(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.allow(t, "half", "deployments", "replicasets")
	applied := s.apply(t, deployment("good:1", ""))
	s.Client = s.as("half")
	start := time.Now()
	_, err := rollout.Watch(t.Context(), s.Cluster, applied, s.options(t))
	const want = "not allowed; grant the deployer the verbs list and watch on pods"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want one with %q", err, want)
	}
	if time.Since(start) > time.Minute {
		t.Errorf("it took %s to find out", time.Since(start))
	}
}

// allow lets a user apply and watch the resources in the namespace.
func (s shop) allow(t *testing.T, user string, resources ...string) {
	t.Helper()
	meta := metav1.ObjectMeta{Name: user}
	role := &rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{"", "apps"}, Resources: resources, Verbs: []string{"get", "create", "patch", "list", "watch"},
	}}}
	if _, err := s.client.RbacV1().Roles(s.namespace).Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{ObjectMeta: meta,
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: user},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
	}
	if _, err := s.client.RbacV1().RoleBindings(s.namespace).Create(t.Context(), binding,
		metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func (s shop) as(user string) dynamic.Interface {
	config := rest.CopyConfig(s.config)
	config.Impersonate.UserName = user
	return dynamic.NewForConfigOrDie(config)
}
