package apply_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
)

const benchObjects = 1000

// BenchmarkApply measures a thousand ConfigMaps, applied for the first time and again with nothing changed, by this
// package (a dry run of the whole set included) and by kubectl of the cluster's release. The ratio is what counts.
func BenchmarkApply(b *testing.B) {
	kubectl, err := programs.Kubectl(b.Context(), os.Stderr)
	if err != nil {
		b.Fatal(err)
	}
	bench(b, "apply", func(file, text, namespace string) {
		must(b, text, apply.Options{Namespace: namespace})
	})
	bench(b, "kubectl", func(file, text, namespace string) {
		cmd := exec.CommandContext(b.Context(), kubectl, "--kubeconfig",
			localcluster.Shared(b, localcluster.Options{}).Kubeconfig,
			"-n", namespace, "apply", "--server-side", "-f", file)
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	})
}

func bench(b *testing.B, name string, applies func(file, text, namespace string)) {
	var names []string
	for i := range benchObjects {
		names = append(names, fmt.Sprintf("c%04d", i))
	}
	text := maps(names...)
	file := filepath.Join(b.TempDir(), "all.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	b.Run(name+"/first", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			namespace := fmt.Sprintf("bench-%s-%d-%d", name, b.N, i)
			in(b, namespace)
			b.StartTimer()
			applies(file, text, namespace)
		}
	})
	b.Run(name+"/again", func(b *testing.B) {
		namespace := "bench-" + name
		in(b, namespace)
		applies(file, text, namespace)
		for b.Loop() {
			applies(file, text, namespace)
		}
	})
}
