//go:build unix

package kustomize_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize"
)

// BenchmarkRender renders 1,000 and 5,000 objects with 4 images to set, beside kustomize alone, as `kustomize build`
// runs it, and reports the CPU time of both in the same run, that of the child process included.
func BenchmarkRender(b *testing.B) {
	for _, count := range []int{1000, 5000} {
		b.Run(fmt.Sprintf("%d_objects", count), func(b *testing.B) {
			dir, images := manyObjects(b, count)
			var ours, alone time.Duration
			for b.Loop() {
				alone += cpu(b, func() error {
					resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
					if err == nil {
						_, err = resources.AsYaml()
					}
					return err
				})
				ours += cpu(b, func() error {
					result, err := kustomize.Render(b.Context(), dir, kustomize.Options{Images: images})
					if err == nil && (len(result.Objects) != count || len(result.Findings) > 0) {
						err = fmt.Errorf("%d objects, findings %v", len(result.Objects), result.Findings)
					}
					return err
				})
			}
			b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(alone.Milliseconds())/float64(b.N), "kustomize-cpu-ms/op")
			b.ReportMetric(ours.Seconds()/alone.Seconds(), "ratio")
		})
	}
}

// manyObjects writes a kustomization of Deployments, Services and ConfigMaps in files of 50 objects.
func manyObjects(b *testing.B, count int) (dir string, images []types.Image) {
	b.Helper()
	dir = b.TempDir()
	kustomization := "namespace: shop\nimages:\n"
	for _, name := range []string{"app", "migrate", "proxy", "side"} {
		kustomization += fmt.Sprintf("- {name: registry/%s, newName: ghcr.io/shop/%[1]s, newTag: v2}\n", name)
		images = append(images, types.Image{Name: "registry/" + name, NewName: "ghcr.io/shop/" + name, NewTag: "v2"})
	}
	kustomization += "resources:\n"
	const perFile = 50
	for file := range count / perFile {
		var text strings.Builder
		for i := range perFile {
			text.WriteString("---\n" + object(file*perFile+i))
		}
		name := fmt.Sprintf("objects-%d.yaml", file)
		kustomization += "- " + name + "\n"
		writeFile(b, filepath.Join(dir, name), text.String())
	}
	writeFile(b, filepath.Join(dir, "kustomization.yaml"), kustomization)
	return dir, images
}

func object(i int) string {
	head := "metadata:\n  name: app-" + fmt.Sprint(i) + "\n  labels: {app: web, tier: front}\n"
	switch i % 5 {
	case 0, 1:
		return "apiVersion: apps/v1\nkind: Deployment\n" + head + `spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      initContainers:
      - name: migrate
        image: registry/migrate:latest
      containers:
      - name: app
        image: registry/app:latest
        ports:
        - containerPort: 8080
        env:
        - name: LOG
          value: info
        resources:
          requests: {cpu: 100m, memory: 128Mi}
      - name: proxy
        image: registry/proxy:latest
      - name: side
        image: registry/side:latest
`
	case 2, 3:
		return "apiVersion: v1\nkind: Service\n" + head + "spec:\n  selector: {app: web}\n  ports:\n  - name: http\n    " +
			"port: 80\n    targetPort: 8080\n"
	default:
		return "apiVersion: v1\nkind: ConfigMap\n" + head + "data:\n  a: b\n  config: |\n    key: value\n    other: value\n"
	}
}

// cpu is the CPU time of a function and of the processes that it waits for.
func cpu(b *testing.B, f func() error) time.Duration {
	b.Helper()
	before := used(b)
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return used(b) - before
}

func used(b *testing.B) (total time.Duration) {
	b.Helper()
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var usage syscall.Rusage
		if err := syscall.Getrusage(who, &usage); err != nil {
			b.Fatal(err)
		}
		total += time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	return total
}
