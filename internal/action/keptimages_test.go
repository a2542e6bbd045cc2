package action_test

import (
	"strings"
	"testing"
)

// A tag that was pushed again changes nothing in the manifests: neither does the workload make new pods, nor would a
// node pull it for them.
func TestRun_says_that_pods_keep_what_a_tag_named_before(t *testing.T) {
	cluster := sharedCluster(t, "aks")
	repo := repository(t, map[string]string{
		"kustomization.yaml": "namespace: kept-images\nresources: [app.yaml, ns.yaml]\n",
		"ns.yaml":            "{apiVersion: v1, kind: Namespace, metadata: {name: kept-images}}\n",
	})
	image := cluster.Registry + "/kept/app"
	both := madeImage{Platforms: []string{"linux/amd64", "linux/arm64"}}
	pushImages(t, cluster.Registry, "kept", map[string]madeImage{"app": both})
	deploy := func(args ...string) (int, string) {
		status, _, output := perform(t, nil, append([]string{"run", "--tag", "v1", "--kustomization", repo, "--kubeconfig",
			cluster.Kubeconfig, "--images", "registry/app=" + image}, args...)...)
		return status, output
	}
	const kept = "warning held-back"
	for _, test := range []struct {
		name  string
		push  bool
		args  []string
		warns bool
	}{
		{"first", false, nil, false},
		{"pushed_again", true, nil, true},
		{"by_digest", false, []string{"--pin-digest"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.push {
				pushTools(t, image+":v1")
			}
			status, output := deploy(test.args...)
			if status != 0 || strings.Contains(output, kept) != test.warns {
				t.Errorf("status %d, want 0, and %q: %v in\n%s", status, kept, test.warns, output)
			}
		})
	}
}
