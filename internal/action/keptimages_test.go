package action_test

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
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
		push  func(t *testing.T, reference string)
		args  []string
		warns bool
	}{
		{"first", nil, nil, false},
		{"another_index_of_the_same", annotateIndex, nil, false},
		{"pushed_again", pushTools, nil, true},
		{"by_digest", nil, []string{"--pin-digest"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.push != nil {
				test.push(t, image+":v1")
			}
			status, output := deploy(test.args...)
			if status != 0 || strings.Contains(output, kept) != test.warns {
				t.Errorf("status %d, want 0, and %q: %v in\n%s", status, kept, test.warns, output)
			}
		})
	}
}

// annotateIndex pushes the index of a tag again with an annotation, as builds do whose provenance names the time.
func annotateIndex(t *testing.T, reference string) {
	t.Helper()
	ref, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(ref)
	if err != nil {
		t.Fatal(err)
	}
	annotated, _ := mutate.Annotations(index, map[string]string{"example.com/built": "again"}).(v1.ImageIndex)
	if err := remote.WriteIndex(ref, annotated); err != nil {
		t.Fatal(err)
	}
}
