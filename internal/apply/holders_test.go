package apply_test

import (
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// shared is an object that any namespace's deploy of a folder contains, and one of the deploy's own namespace.
func shared(name string) string {
	return maps("own") + "\n---\n{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: " + name +
		"}, rules: []}"
}

// twoNamespaces returns the options of one folder's deploys to two namespaces.
func twoNamespaces(t *testing.T, name string) (one, two apply.Options) {
	t.Helper()
	one, two = in(t, name+"-one"), in(t, name+"-two")
	one.Inventory, two.Inventory = "owner/repository:"+name, "owner/repository:"+name
	return one, two
}

func TestPrune_keeps_what_another_namespace_took_over(t *testing.T) {
	one, two := twoNamespaces(t, "holder-prune")
	deploy(t, shared("holder-prune"), one)
	two.TakeOverFrom = []string{one.Inventory}
	deploy(t, shared("holder-prune"), two)
	same(t, []string(nil), deploy(t, maps("own"), one))
	same(t, true, live(t, "clusterroles.v1.rbac.authorization.k8s.io", "", "holder-prune") != nil)
	same(t, []string{"pruned rbac.authorization.k8s.io/v1 ClusterRole holder-prune"}, deploy(t, maps("own"), two))
}

func TestPrune_reads_marks_that_name_no_namespace(t *testing.T) {
	one, two := twoNamespaces(t, "holder-old")
	old := func(name, namespace string) {
		text := "{apiVersion: v1, kind: ConfigMap, metadata: {name: NAME, namespace: NS, annotations: " +
			"{multiarch-deploy.github.io/inventory: 'owner/repository:holder-old'}}, data: {of: NAME}}"
		must(t, strings.NewReplacer("NAME", name, "NS", namespace).Replace(text),
			apply.Options{TakeOverFrom: []string{one.Inventory}})
	}
	deploy(t, maps("own", "leaves", "both"), one)
	elsewhere := "{apiVersion: v1, kind: ConfigMap, metadata: {name: both, namespace: holder-old-one}}"
	two.TakeOverFrom = []string{one.Inventory}
	deploy(t, maps("own")+"\n---\n"+elsewhere, two)
	old("leaves", one.Namespace)
	old("both", one.Namespace)
	same(t, []string{"pruned v1 ConfigMap holder-old-one/leaves"}, deploy(t, maps("own"), one))
	same(t, true, live(t, "configmaps.v1.", one.Namespace, "both") != nil)
}

func TestApply_refuses_an_object_of_another_deploy(t *testing.T) {
	one, two := twoNamespaces(t, "holder-both")
	deploy(t, shared("holder-both"), one)
	want := []finding.Finding{{
		Code: finding.ApplyConflict, Severity: finding.Error, Object: "rbac.authorization.k8s.io/v1 ClusterRole holder-both",
		Message: `ClusterRole holder-both: it belongs to deploy "owner/repository:holder-both" with its inventory in namespace holder-both-one`,
		Fix: "Remove it from one of the two kustomizations. To move it to this one, name the other once: " +
			"take-over-from: owner/repository:holder-both",
	}}
	for _, test := range []struct {
		name      string
		inventory string
	}{{"with_an_inventory", two.Inventory}, {"without_an_inventory", ""}} {
		t.Run(test.name, func(t *testing.T) {
			opts := two
			opts.Inventory, opts.Deploy, opts.ForceConflicts = test.inventory, two.Inventory, true
			set, findings := refused(t, server(t), shared("holder-both"), opts)
			same(t, 0, len(set))
			same(t, want, findings)
		})
	}
	deploy(t, maps("own"), one) // prunes it: nothing contains it any more
	must(t, shared("holder-both"), two)
}

func TestApply_keeps_its_own_mark_in_a_run_without_prune(t *testing.T) {
	opts := in(t, "holder-mark")
	opts.Inventory = "owner/repository:holder-mark"
	deploy(t, maps("a", "b"), opts)
	without := opts
	without.Inventory, without.Deploy = "", opts.Inventory
	must(t, strings.ReplaceAll(maps("a", "b"), "of: ", "now: "), without)
	same(t, []string{"pruned v1 ConfigMap holder-mark/b"}, deploy(t, maps("a"), opts))
}
