package action_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	testregistry "github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

// auditRoles makes the roles of docs/rbac.yaml, once for all tests.
func auditRoles(t *testing.T, cluster *localcluster.Cluster) {
	t.Helper()
	content, err := os.ReadFile("../../docs/rbac.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range strings.Split(string(content), "\n---\n") {
		role := &rbacv1.ClusterRole{}
		if err := yaml.UnmarshalStrict([]byte(document), role); err != nil {
			t.Fatal(err)
		}
		_, err := apiOf(t, cluster).RbacV1().ClusterRoles().Create(t.Context(), role, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
	}
}

// bind grants a role to a user, in a namespace or, where that is "", everywhere.
func bind(t *testing.T, cluster *localcluster.Cluster, role, user, namespace string) {
	t.Helper()
	api := apiOf(t, cluster).RbacV1()
	meta := metav1.ObjectMeta{Name: role + "-" + user}
	ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role}
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}}
	var err error
	if namespace == "" {
		_, err = api.ClusterRoleBindings().Create(t.Context(),
			&rbacv1.ClusterRoleBinding{ObjectMeta: meta, RoleRef: ref, Subjects: subjects}, metav1.CreateOptions{})
	} else {
		_, err = api.RoleBindings(namespace).Create(t.Context(),
			&rbacv1.RoleBinding{ObjectMeta: meta, RoleRef: ref, Subjects: subjects}, metav1.CreateOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// kubeconfigOf is the cluster's for a user who has nothing but what is bound to it.
func kubeconfigOf(t *testing.T, cluster *localcluster.Cluster, user string) string {
	t.Helper()
	file, err := clientcmd.LoadFromFile(cluster.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range file.AuthInfos {
		info.Impersonate = user
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*file, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAudit_needs_its_role_alone(t *testing.T) {
	t.Parallel()
	cluster := sharedCluster(t, "aks")
	auditRoles(t, cluster)
	namespace := makeNamespace(t, cluster, "audit-role")
	pushImages(t, cluster.Registry, namespace, map[string]madeImage{"app": builds["both"]})
	makeDeployment(t, cluster, namespace, "app", cluster.Registry+"/"+namespace+"/app:v1", 1)
	bind(t, cluster, "multiarch-deploy-audit", "auditor", "")
	got := runAudit(t, kubeconfigOf(t, cluster, "auditor"), "--namespace", namespace)
	if got.status != 0 || len(got.report.Workloads) != 1 || len(got.report.Findings) > 0 {
		t.Errorf("status %d, %d workloads, findings %v; want 0, one and none:\n%s", got.status, len(got.report.Workloads),
			got.report.Findings, got.log)
	}
}

// TestAudit_counts_once_what_it_may_not_read_in_between counts each workload once all the same.
func TestAudit_counts_once_what_it_may_not_read_in_between(t *testing.T) {
	t.Parallel()
	cluster := sharedCluster(t, "aks")
	auditRoles(t, cluster)
	namespace := makeNamespace(t, cluster, "audit-no-replicasets")
	pushImages(t, cluster.Registry, namespace, map[string]madeImage{"app": builds["both"]})
	makeDeployment(t, cluster, namespace, "app", cluster.Registry+"/"+namespace+"/app:v1", 2)
	err := wait.PollUntilContextCancel(t.Context(), time.Second/4, true, func(ctx context.Context) (bool, error) {
		pods, err := apiOf(t, cluster).CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
		return err == nil && len(pods.Items) == 2, err
	})
	if err != nil {
		t.Fatal(err)
	}
	roles := apiOf(t, cluster).RbacV1().ClusterRoles()
	role, err := roles.Get(t.Context(), "multiarch-deploy-audit", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	role.ObjectMeta = metav1.ObjectMeta{Name: "audit-no-replicasets"}
	role.Rules = slices.DeleteFunc(role.Rules, func(r rbacv1.PolicyRule) bool {
		return slices.Contains(r.Resources, "replicasets")
	})
	if _, err := roles.Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	bind(t, cluster, role.Name, "no-replicasets", "")
	got := runAudit(t, kubeconfigOf(t, cluster, "no-replicasets"), "--namespace", namespace)
	if got.status != 3 || got.report == nil || len(got.report.Workloads) != 1 ||
		got.report.Audit.Total.Workloads != 1 || !strings.Contains(got.log, "replicasets") {
		t.Errorf("status %d, want 3, one workload, and the missing right named:\n%s", got.status, got.log)
	}
}

func TestAudit_of_a_namespace_that_is_forbidden(t *testing.T) {
	t.Parallel()
	cluster := sharedCluster(t, "aks")
	auditRoles(t, cluster)
	open, shut := makeNamespace(t, cluster, "audit-open"), makeNamespace(t, cluster, "audit-shut")
	pushImages(t, cluster.Registry, open, map[string]madeImage{"app": builds["both"]})
	for _, namespace := range []string{open, shut} {
		makeDeployment(t, cluster, namespace, "app", cluster.Registry+"/"+open+"/app:v1", 0)
	}
	bind(t, cluster, "multiarch-deploy-audit", "half", open)
	bind(t, cluster, "multiarch-deploy-nodes", "half", "")
	got := runAudit(t, kubeconfigOf(t, cluster, "half"), "--namespace", open, "--namespace", shut)
	if got.status != 3 || got.report == nil || len(got.report.Workloads) != 1 ||
		!strings.Contains(got.log, "forbidden in namespace audit-shut") {
		t.Errorf("status %d, want 3, the other namespace's workload, and the forbidden one named:\n%s", got.status, got.log)
	}
}

func TestAudit_signs_in_with_image_pull_secrets(t *testing.T) {
	t.Parallel()
	cluster := sharedCluster(t, "aks")
	auditRoles(t, cluster)
	private := testregistry.Start(t, testregistry.Options{Username: "puller", Password: "hunter2-hunter2"})
	ref, err := name.NewTag(private.Host + "/app:v1")
	if err != nil {
		t.Fatal(err)
	}
	built, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, built["linux/amd64"], remote.WithAuthFromKeychain(private.Keychain)); err != nil {
		t.Fatal(err)
	}
	namespace := makeNamespace(t, cluster, "audit-secrets")
	makePullSecret(t, cluster, namespace, "wrong", private.Host, "puller:other")
	makePullSecret(t, cluster, namespace, "right", private.Host, "puller:hunter2-hunter2")
	makeDeployment(t, cluster, namespace, "app", ref.String(), 0, "wrong", "right")

	got := runAudit(t, cluster.Kubeconfig, "--namespace", namespace)
	if move := got.report.Workloads[0].Audit.Move; got.status != 1 || move != audit.NotReady {
		t.Errorf("status %d, %s; want 1, since the image crashes on arm64:\n%s", got.status, move, got.log)
	}
	if strings.Contains(got.log, "hunter2") {
		t.Errorf("the log shows the password:\n%s", got.log)
	}
	bind(t, cluster, "multiarch-deploy-audit", "nosecrets", "")
	got = runAudit(t, kubeconfigOf(t, cluster, "nosecrets"), "--namespace", namespace)
	row := got.report.Workloads[0].Audit
	if got.status != 0 || row.Move != audit.Unknown || !strings.Contains(row.Why, "401 Unauthorized") ||
		!strings.Contains(got.log, "2 image pull secrets may not be read, such as audit-secrets/wrong") {
		t.Errorf("status %d, %+v; want 0, unknown and why:\n%s", got.status, row, got.log)
	}
}

func makePullSecret(t *testing.T, cluster *localcluster.Cluster, namespace, name, registry, login string) {
	t.Helper()
	config := fmt.Sprintf(`{"auths": {%q: {"auth": %q}}}`, registry, base64.StdEncoding.EncodeToString([]byte(login)))
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, Type: corev1.SecretTypeDockerConfigJson,
		StringData: map[string]string{corev1.DockerConfigJsonKey: config}}
	if _, err := apiOf(t, cluster).CoreV1().Secrets(namespace).Create(t.Context(), secret,
		metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestAudit_waits_for_a_registry_that_limits_requests(t *testing.T) {
	t.Parallel()
	cluster := sharedCluster(t, "aks")
	var refused atomic.Int32
	limited := testregistry.Start(t, testregistry.Options{Wrap: func(inner http.Handler) http.Handler {
		return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
			const times = 6 // more often than any other failure is repeated
			if request.Method == http.MethodGet && strings.Contains(request.URL.Path, "/manifests/") &&
				refused.Add(1) <= times {
				response.Header().Set("Retry-After", "0")
				http.Error(response, "too many requests", http.StatusTooManyRequests)
				return
			}
			inner.ServeHTTP(response, request)
		})
	}})
	pushImages(t, limited.Host, "limited", map[string]madeImage{"app": builds["both"]})
	refused.Store(0)
	namespace := makeNamespace(t, cluster, "audit-limited")
	makeDeployment(t, cluster, namespace, "app", limited.Host+"/limited/app:v1", 0)
	got := runAudit(t, cluster.Kubeconfig, "--namespace", namespace)
	if got.status != 0 || got.report.Workloads[0].Audit.Move != audit.Runs {
		t.Errorf("status %d, %+v, want an answer in the end:\n%s", got.status, got.report.Workloads[0].Audit, got.log)
	}
}
