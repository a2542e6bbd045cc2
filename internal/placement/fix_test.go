package placement_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
)

// TestFixWorksWhenPasted puts every fix of every case into a kustomization and plans what that renders: nothing is wrong any
// more, and the rendered object is the one that the policies apply.
func TestFixWorksWhenPasted(t *testing.T) {
	for _, s := range scenarios(t) {
		objects := slices.DeleteFunc(slices.Clone(s.objects), func(obj *unstructured.Unstructured) bool {
			_, _, ok := placement.PodTemplate(obj)
			return !ok
		})
		for _, policy := range policies {
			for i, v := range placement.Plan(s.nodes, objects, s.images, policy) {
				if v.Fix == "" {
					continue
				}
				t.Run(fmt.Sprint(s.name, "/", policy, "/", v.Object.GetName()), func(t *testing.T) {
					for _, rendered := range paste(t, objects[i], v.Fix) {
						after := placement.Plan(s.nodes, []*unstructured.Unstructured{rendered}, s.images, placement.Fail)[0]
						if after.Fix != "" || len(after.Findings) > 0 {
							t.Errorf("still wrong with the fix: %v\n%s", after.Findings, v.Fix)
						}
						if diff := cmp.Diff(v.Object.Object["spec"], rendered.Object["spec"]); v.Patched && diff != "" {
							t.Errorf("rendered is not what %s applies (-applied +rendered):\n%s", policy, diff)
						}
					}
				})
			}
		}
	}
}

// paste renders an object with a fix in the two ways there are: as a plain patch of a resource that leaves its namespace to the kustomization,
// and with the target that the fix's comment shows, of a resource that names its own.
func paste(t *testing.T, obj *unstructured.Unstructured, fix string) []*unstructured.Unstructured {
	t.Helper()
	bare := obj.DeepCopy()
	bare.SetNamespace("")
	target := fmt.Sprintf(", target: {kind: %s, name: %s}", obj.GetKind(), obj.GetName())
	return []*unstructured.Unstructured{
		render(t, bare, fix, "namespace: shop\nresources: [object.yaml]\npatches: [{path: fix.yaml}]\n"),
		render(t, obj, fix, "resources: [object.yaml]\npatches: [{path: fix.yaml"+target+"}]\n"),
	}
}

func render(t *testing.T, obj *unstructured.Unstructured, fix, kustomization string) *unstructured.Unstructured {
	t.Helper()
	text, err := yaml.Marshal(obj.Object)
	if err != nil {
		t.Fatal(err)
	}
	fs := filesys.MakeFsInMemory()
	for path, content := range map[string]string{"object.yaml": string(text), "fix.yaml": fix, "kustomization.yaml": kustomization} {
		if err := fs.WriteFile(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(fs, ".")
	if err != nil {
		t.Fatalf("kustomize refuses the fix: %v\n%s", err, fix)
	}
	out, err := rendered.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	result := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(bytes.TrimSpace(out), &result.Object); err != nil {
		t.Fatal(err)
	}
	return result
}

func TestPlanOfWhatWasPatchedIsFine(t *testing.T) {
	for _, s := range scenarios(t) {
		for _, policy := range []placement.Policy{placement.Pin, placement.Spread} {
			t.Run(s.name+"/"+string(policy), func(t *testing.T) {
				var patched []*unstructured.Unstructured
				for _, v := range placement.Plan(s.nodes, s.objects, s.images, policy) {
					if v.Patched {
						patched = append(patched, v.Object)
					}
				}
				for _, v := range placement.Plan(s.nodes, patched, s.images, policy) {
					if v.Patched || v.Fix != "" || len(v.Findings) > 0 {
						t.Errorf("%s needs a second patch: %v", v.Object.GetName(), v.Findings)
					}
				}
			})
		}
	}
}
