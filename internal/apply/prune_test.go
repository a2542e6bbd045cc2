package apply_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// deploy applies manifests and prunes, as one run of a deploy does, and returns what was pruned.
func deploy(t *testing.T, text string, opts apply.Options) []string {
	t.Helper()
	must(t, text, opts)
	set, findings, err := applier(t, server(t)).Prune(t.Context(), manifests(t, text), opts)
	if err != nil || len(findings) > 0 {
		t.Fatalf("prune: %v %v", err, findings)
	}
	return told(set)
}

// maps returns the manifests of ConfigMaps.
func maps(names ...string) string {
	var all []string
	for _, n := range names {
		all = append(all, "{apiVersion: v1, kind: ConfigMap, metadata: {name: "+n+"}, data: {of: "+n+"}}")
	}
	return strings.Join(all, "\n---\n")
}

func TestPrune(t *testing.T) {
	opts := in(t, "prune")
	must(t, maps("stranger"), opts) // applied without an inventory
	opts.Inventory = "shop:deploy"
	neighbour := opts
	neighbour.Inventory = "shop:other"

	same(t, []string(nil), deploy(t, maps("a", "b", "c", "moves", "stranger")+"\n---\n"+web("1", "hi"), opts))
	neighbour.TakeOverFrom = []string{"shop:deploy"}
	same(t, []string(nil), deploy(t, maps("moves", "theirs"), neighbour))

	set, findings := plan(t, maps("a"), opts)
	same(t, []finding.Finding(nil), findings)
	want := []string{
		"unchanged v1 ConfigMap prune/a", "pruned v1 ConfigMap prune/b", "pruned v1 ConfigMap prune/c",
		"pruned v1 ConfigMap prune/stranger", "pruned v1 ConfigMap prune/web",
		"pruned v1 Service prune/web", "pruned v1 ServiceAccount prune/web", "pruned apps/v1 Deployment prune/web",
	}
	same(t, want, told(set))
	same(t, true, live(t, "configmaps.v1.", "prune", "b") != nil)

	same(t, want[1:], deploy(t, maps("a"), opts))
	same(t, true, live(t, "configmaps.v1.", "prune", "b") == nil)
	same(t, true, live(t, "configmaps.v1.", "prune", "moves") != nil)
	same(t, []string(nil), deploy(t, maps("a"), opts))
	same(t, []string(nil), deploy(t, maps("moves", "theirs"), neighbour))
}

func TestPrune_keeps_what_others_may_need(t *testing.T) {
	opts := in(t, "prune-keeps")
	var mu sync.Mutex
	var kept []string
	opts.Progress = func(e progress.Event) {
		mu.Lock()
		defer mu.Unlock()
		if m, ok := e.(progress.Message); ok {
			kept = append(kept, m.Text)
		}
	}
	opts.Inventory = "keeper"
	deploy(t, maps("stays", "shared", "adopted", "handed-over")+`
---
{apiVersion: v1, kind: Namespace, metadata: {name: prune-keeps-too}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
`, opts)
	theirs := opts
	theirs.FieldManager, theirs.Inventory, theirs.TakeOverFrom = "other-team", "", []string{"keeper"}
	must(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: shared}, data: {theirs: x}}", theirs)
	owner := live(t, "configmaps.v1.", "prune-keeps", "stays")
	must(t, strings.ReplaceAll("{apiVersion: v1, kind: ConfigMap, metadata: {name: adopted, annotations: "+
		"{multiarch-deploy.github.io/inventory: \"namespace=prune-keeps,deploy=keeper\"}, ownerReferences: [{apiVersion: "+
		"v1, kind: ConfigMap, name: stays, uid: UID}]}}", "UID", string(owner.GetUID())),
		apply.Options{Namespace: opts.Namespace, Deploy: "keeper"})
	unlisted := opts
	unlisted.Inventory, unlisted.TakeOverFrom = "", []string{"keeper"}
	must(t, maps("handed-over"), unlisted)

	same(t, []string(nil), deploy(t, maps("stays"), opts))
	same(t, "", cmp.Diff([]string{
		"kept ConfigMap prune-keeps/adopted, which the manifests no longer have: it belongs to ConfigMap stays",
		"kept ConfigMap prune-keeps/handed-over, which the manifests no longer have: it no longer carries the mark of this " +
			"deploy: another one has taken it over",
		`kept ConfigMap prune-keeps/shared, which the manifests no longer have: field manager "other-team" applies it too`,
		"kept Namespace prune-keeps-too, which the manifests no longer have: with it would go whatever others keep in it; " +
			"delete it by hand if nothing else needs it",
		"kept PersistentVolumeClaim prune-keeps/data, which the manifests no longer have: with it would go the data; " +
			"delete it by hand if no one needs them",
	}, kept, cmpopts.SortSlices(strings.Compare)))
	same(t, []string(nil), deploy(t, maps("stays"), opts))
	same(t, 5, len(kept))
}

func TestPrune_that_is_refused_is_tried_again(t *testing.T) {
	opts := in(t, "prune-refused")
	must(t, `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, create, patch, update]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: deployer}]
`, opts)
	opts.Inventory = "refused"
	deploy(t, maps("a", "b"), opts)
	deployer := rest.CopyConfig(server(t))
	deployer.Impersonate.UserName = "deployer"
	set, findings, err := applier(t, deployer).Prune(t.Context(), manifests(t, maps("a")), opts)
	same(t, nil, err)
	same(t, 0, len(set))
	same(t, []finding.Finding{{
		Code: finding.ApplyRejected, Severity: finding.Error, Object: "v1 ConfigMap prune-refused/b",
		Message: `ConfigMap prune-refused/b: configmaps "b" is forbidden: User "deployer" cannot delete resource "configmaps" in API group "" in the namespace "prune-refused"`,
		Fix: "Give User \"deployer\" a Role in namespace prune-refused with this rule:\n- apiGroups: [\"\"]\n  " +
			"resources: [\"configmaps\"]\n  verbs: [get, create, patch, delete]",
	}}, findings)
	same(t, []string{"pruned v1 ConfigMap prune-refused/b"}, deploy(t, maps("a"), opts))
}

func TestPrune_of_everything_is_a_mistake(t *testing.T) {
	opts := apply.DefaultOptions()
	opts.Inventory = "all"
	if _, _, err := applier(t, server(t)).Prune(t.Context(), nil, opts); err == nil {
		t.Error("an empty set would have pruned everything")
	}
}
