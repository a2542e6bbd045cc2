package action_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	testregistry "github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

// TestAudit_of_images_by_digest_that_are_gone has what runs by a digest that the registry has lost: with and without a
// tag, beside workloads whose images are there, and one of several containers.
func TestAudit_of_images_by_digest_that_are_gone(t *testing.T) {
	t.Parallel()
	cluster := sharedCluster(t, "aks")
	registry := testregistry.Start(t, testregistry.Options{Delete: true})
	namespace := makeNamespace(t, cluster, "audit-digests")
	pushImages(t, registry.Host, namespace, map[string]madeImage{"kept": builds["both"], "lost": builds["both"]})
	kept := digestOf(t, registry.Host+"/"+namespace+"/kept:v1")
	lost := digestOf(t, registry.Host+"/"+namespace+"/lost:v1")
	for workload, image := range map[string]string{
		"here": kept.String(), "gone": lost.String(), "tagged": lost.Context().Name() + ":v1@" + lost.DigestStr(),
	} {
		makeDeployment(t, cluster, namespace, workload, image, 0)
	}
	if err := remote.Delete(lost); err != nil {
		t.Fatal(err)
	}
	got := runAudit(t, cluster.Kubeconfig, "--namespace", namespace)
	said := map[string]string{}
	for _, w := range got.report.Workloads {
		said[w.Name] = string(w.Audit.Move) + " " + string(w.Audit.Risk) + " " + string(w.Architectures["arm64"])
	}
	const gone = "not-ready now pull-fails"
	want := map[string]string{"here": "runs  runs", "gone": gone, "tagged": gone}
	if diff := cmp.Diff(want, said); diff != "" || got.status != 1 || got.report.Error != "" {
		t.Errorf("status %d, want 1 (-want +got):\n%s\n%s", got.status, diff, got.log)
	}
	for _, f := range got.report.Findings {
		if f.Code != finding.ImageNotFound || !strings.Contains(f.Message, lost.DigestStr()) {
			t.Errorf("%+v, want a finding about the digest", f)
		}
	}
	if n := len(got.report.Findings); n != 2 {
		t.Errorf("%d findings, want one for each reference", n)
	}
}

// digestOf is a reference to what a tag leads to.
func digestOf(t *testing.T, reference string) name.Digest {
	t.Helper()
	tag, err := name.NewTag(reference)
	if err != nil {
		t.Fatal(err)
	}
	found, err := remote.Head(tag)
	if err != nil {
		t.Fatal(err)
	}
	return tag.Digest(found.Digest.String())
}
