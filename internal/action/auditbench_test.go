package action_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build/assemble"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	testregistry "github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

// BenchmarkAudit audits 2,000 workloads with 1,500 distinct images, each an index of two platforms or a single manifest
// in a repository of its own.
func BenchmarkAudit(b *testing.B) {
	const workloads, images, most = 2000, 1500, 60 * time.Second
	cluster := localcluster.Shared(b, localcluster.Options{Preset: "aks"})
	registry := testregistry.Start(b, testregistry.Options{})
	namespace := makeNamespace(b, cluster, "audit-bench")
	var group errgroup.Group
	group.SetLimit(8)
	for i := range images {
		group.Go(func() error { return pushRandom(fmt.Sprintf("%s/third/app-%d:v1", registry.Host, i), i%2 == 0) })
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	for i := range workloads {
		group.Go(func() error {
			makeDeployment(b, cluster, namespace, fmt.Sprintf("app-%d", i),
				fmt.Sprintf("%s/third/app-%d:v1", registry.Host, i%images), 0)
			return nil
		})
	}
	_ = group.Wait()
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		if got := runAudit(b, cluster.Kubeconfig, "--namespace", namespace); len(got.report.Workloads) != workloads {
			b.Fatalf("%d workloads, want %d:\n%s", len(got.report.Workloads), workloads, got.log)
		}
		if took := time.Since(start); took > most {
			b.Errorf("an audit took %s, %s at most", took, most)
		}
	}
}

// pushRandom pushes an image of its own for amd64, or an index for amd64 and arm64.
func pushRandom(reference string, index bool) error {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return err
	}
	var parts []v1.Image
	for _, architecture := range []string{"amd64", "arm64"} {
		image, err := random.Image(64, 1)
		if err != nil {
			return err
		}
		config, err := image.ConfigFile()
		if err != nil {
			return err
		}
		config.OS, config.Architecture = "linux", architecture
		if image, err = mutate.ConfigFile(image, config); err != nil {
			return err
		}
		parts = append(parts, image)
	}
	if !index {
		return remote.Write(ref, parts[0])
	}
	all, err := assemble.Index(parts...)
	if err != nil {
		return err
	}
	return remote.WriteIndex(ref, all)
}
