package peers_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/peers"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// operator is a set in the shape of those that operators and platforms are installed from: definitions with large
// schemas, of which a base, an overlay and the kustomization itself change metadata, and common objects.
type operator struct {
	name                 string
	definitions, objects int
	// megabytes is what the definitions have in all.
	megabytes float64
	// most is how much memory a deploy may take, in megabytes.
	most int64
}

// The shapes are those of Argo CD 3 and of Kubeflow 1.11, as their manifests were in 2026.
var operators = []operator{
	{name: "like_Argo_CD", definitions: 3, objects: 57, megabytes: 1.9, most: 150},
	{name: "like_Kubeflow", definitions: 74, objects: 609, megabytes: 12.5, most: 250},
}

// BenchmarkDeploy_of_definitions deploys such sets, again when nothing has changed, and beside kubectl. It fails where
// a deploy takes more memory than it may.
func BenchmarkDeploy_of_definitions(b *testing.B) {
	c := cluster.Shared(b, cluster.Options{})
	pushSample(b, c.Registry+"/shop/app:v1")
	for _, test := range operators {
		b.Run(test.name, func(b *testing.B) {
			for i := range b.N {
				ours, theirs := b.TempDir(), b.TempDir()
				test.write(b, ours, c.Registry, fmt.Sprintf("ours-%d-%s", i, strings.ToLower(test.name[5:8])))
				test.write(b, theirs, c.Registry, fmt.Sprintf("theirs-%d-%s", i, strings.ToLower(test.name[5:8])))
				for _, run := range []string{"first", "again"} {
					test.report(b, run, "", peers.Command{
						Path: program(b, "multiarch-deploy"), Dir: ours, Env: []string{"KUBECONFIG=" + c.Kubeconfig},
						Args: []string{"run", "--images", "registry/app=" + c.Registry + "/shop/app", "--tag", "v1", "--wait=false"},
					})
					test.report(b, run, "kubectl-", peers.Command{Path: kubectl(b),
						Args: []string{"--kubeconfig", c.Kubeconfig, "apply", "--server-side", "-k", theirs}})
				}
			}
		})
	}
}

// report runs a command and reports what it took. That of kubectl has a prefix, and no bound.
func (o operator) report(b *testing.B, run, prefix string, c peers.Command) {
	b.Helper()
	used, err := c.Run(b.Context())
	for tries := 1; err != nil && prefix != "" && tries < 10; tries++ { // it does not wait until definitions are served
		before := used
		used, err = c.Run(b.Context())
		used.Wall, used.CPU, used.Peak = used.Wall+before.Wall, used.CPU+before.CPU, max(used.Peak, before.Peak)
	}
	must(b, err)
	b.ReportMetric(float64(used.Peak)/1e6, prefix+run+"-MB")
	b.ReportMetric(used.Wall.Seconds(), prefix+run+"-s")
	b.ReportMetric(used.CPU.Seconds(), prefix+run+"-CPU-s")
	if prefix == "" && used.Peak > o.most*1e6 {
		b.Errorf("the %s run took %d MB of memory, %d at most", run, used.Peak/1e6, o.most)
	}
}

func pushSample(b *testing.B, reference string) {
	b.Helper()
	images, err := sampleapp.Build(b.Context(), sampleapp.AKS(root),
		v1.Platform{OS: "linux", Architecture: "amd64"}, v1.Platform{OS: "linux", Architecture: "arm64"})
	must(b, err)
	ref, err := name.ParseReference(reference)
	must(b, err)
	must(b, sampleapp.PushIndex(b.Context(), ref, images))
}

// write writes the set: its names begin with the one that is given.
func (o operator) write(b *testing.B, dir, registry, unique string) {
	b.Helper()
	base, overlay := filepath.Join(dir, "base"), filepath.Join(dir, "overlay")
	var definitions, objects, resources strings.Builder
	size := int(o.megabytes * 1e6 / float64(o.definitions))
	for i := range o.definitions {
		definitions.WriteString(definitionOf(unique, i, size))
		fmt.Fprintf(&objects, "---\napiVersion: %s.example.com/v1\nkind: Kind%d\nmetadata: {name: first}\n"+
			"spec: {field0: a}\n", unique, i)
	}
	for i := o.definitions; i < o.objects; i++ {
		fmt.Fprintf(&objects, "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings-%d}\ndata: {a: b}\n", i)
	}
	objects.WriteString("---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\nspec:\n  replicas: 0\n" +
		"  selector: {matchLabels: {app: app}}\n  template:\n    metadata: {labels: {app: app}}\n    spec:\n" +
		"      containers: [{name: app, image: registry/app}]\n")
	fmt.Fprintf(&resources, "apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n", unique)
	for path, text := range map[string]string{
		filepath.Join(base, "kustomization.yaml"):    "resources: [definitions.yaml, objects.yaml]\n",
		filepath.Join(base, "definitions.yaml"):      definitions.String(),
		filepath.Join(base, "objects.yaml"):          objects.String(),
		filepath.Join(overlay, "kustomization.yaml"): "resources: [../base]\nlabels: [{pairs: {part-of: operator}}]\n",
		filepath.Join(dir, "namespace.yaml"):         resources.String(),
		filepath.Join(dir, "kustomization.yaml"): fmt.Sprintf("namespace: %s\nresources: [namespace.yaml, overlay]\n"+
			"images: [{name: registry/app, newName: %s/shop/app, newTag: v1}]\n", unique, registry),
	} {
		writeFile(b, path, text)
	}
}

// definitionOf is a definition of about so many bytes, a field of a spec after another as controller-gen writes them.
func definitionOf(unique string, i, size int) string {
	var text strings.Builder
	fmt.Fprintf(&text, `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: kind%[2]ds.%[1]s.example.com
spec:
  group: %[1]s.example.com
  names: {kind: Kind%[2]d, plural: kind%[2]ds}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              field0:
                type: string
`, unique, i)
	for field := 1; text.Len() < size; field++ {
		fmt.Fprintf(&text, `              field%[1]d:
                description: |-
                  What this field of the pod template is about, in the words of the API that it was taken from:
                  the number of the port, or the name of a container's port that is resolved when it is used.
                properties:
                  matchExpressions:
                    description: The requirements, which are ANDed.
                    items:
                      properties:
                        key:
                          description: The label key that the selector applies to.
                          type: string
                        operator:
                          type: string
                        values:
                          items:
                            type: string
                          type: array
                          x-kubernetes-list-type: atomic
                      required:
                      - key
                      - operator
                      type: object
                    type: array
                    x-kubernetes-list-type: atomic
                  port:
                    anyOf:
                    - type: integer
                    - type: string
                    x-kubernetes-int-or-string: true
                type: object
`, field)
	}
	return text.String()
}
