//go:build linux

package hostile

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// honest spoils nothing.
func honest(http.ResponseWriter, *http.Request, http.Handler) bool { return false }

// deploy writes a kustomization of the manifests and of an app in a folder of the workspace, and deploys it.
func (a attacked) deploy(folder, manifests string, args ...string) result {
	a.t.Helper()
	if err := os.MkdirAll(filepath.Join(a.workspace, folder), 0o700); err != nil {
		a.t.Fatal(err)
	}
	a.write(folder+"/kustomization.yaml", "namespace: "+a.namespace+"\nresources: [all.yaml]\n")
	a.write(folder+"/all.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: "+a.namespace+"}\n---\n"+
		"apiVersion: v1\nkind: PodTemplate\nmetadata: {name: "+folder+"}\n"+
		"template: {spec: {containers: [{name: app, image: app}]}}\n---\n"+manifests)
	return a.run(append([]string{"run", "--kustomization", folder}, args...)...)
}

// What one deploy no longer contains, and another one of the same folder in another namespace still does, stays there.
func TestPrune_leaves_what_the_deploy_of_another_namespace_contains(t *testing.T) {
	const role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n" +
		"metadata: {name: hostile-shared}\nrules: []\n"
	const none = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n"
	one, two := behind(t, "hostile-one", honest), behind(t, "hostile-two", honest)
	for _, a := range []attacked{one, two} {
		a.env["GITHUB_REPOSITORY"] = "octo-org/shop"
	}
	if r := one.deploy("shop", role, "--prune"); r.status != 0 {
		t.Fatalf("status %d\n%s", r.status, r.log())
	}
	second := two.deploy("shop", role, "--prune")
	if r := one.deploy("shop", none, "--prune"); r.status != 0 {
		t.Fatalf("status %d\n%s", r.status, r.log())
	}
	_, err := one.client.RbacV1().ClusterRoles().Get(context.Background(), "hostile-shared", metav1.GetOptions{})
	refused := second.status == 1 && strings.Contains(second.log(), "hostile-shared")
	if !refused && apierrors.IsNotFound(err) {
		t.Errorf("the second deploy contains what the first one deleted\n%s", second.log())
	}
}

// An object that another kustomization contains is not taken from it in silence.
func TestApply_refuses_what_another_kustomization_contains(t *testing.T) {
	object := func(value string) string {
		return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {v: " + value + "}\n"
	}
	a := behind(t, "hostile-held", honest)
	a.env["GITHUB_REPOSITORY"] = "octo-org/shop"
	if r := a.deploy("first", object("first"), "--prune"); r.status != 0 {
		t.Fatalf("status %d\n%s", r.status, r.log())
	}
	r := a.deploy("second", object("second"), "--prune")
	if value := a.maps()["m"]; r.status != 1 || value != "first" || !strings.Contains(r.log(), "octo-org/shop:first") {
		t.Errorf("status %d, want 1; the object has the value %q\n%s", r.status, value, r.log())
	}
}
