package placement_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/patch"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
)

// pasting is a way in which an object can stand in a kustomization, and what a fix is to call it there.
type pasting struct {
	name          string
	namespace     string // in the object's file
	kustomization string
	target        patch.Target // its name is put in
}

// pastings leave room for a namesake in another namespace, unless the kustomization moves all objects into one.
var pastings = []pasting{
	{"as_it_is", "shop", "", patch.Target{Namespace: "shop"}},
	{"without_namespace", "", "", patch.Target{}},
	{"without_namespace_beside_a_namesake", "", "", patch.Target{Namespace: "default"}},
	{"namespace_set", "", "namespace: shop\n", patch.Target{}},
	{"namespace_replaced", "old", "namespace: shop\n", patch.Target{Namespace: "old"}},
	{"prefix", "shop", "namePrefix: a-\n", patch.Target{Namespace: "shop"}},
	{"suffix", "shop", "nameSuffix: -a\n", patch.Target{Namespace: "shop"}},
	{"all_of_them", "", "namespace: shop\nnamePrefix: a-\nnameSuffix: -a\n", patch.Target{}},
}

// TestFix_works_when_pasted puts every fix of every case into a kustomization and plans what that renders: nothing is
// wrong any more, the rendered object is the one that the policies apply, and a namesake in another namespace stays as
// it was.
func TestFix_works_when_pasted(t *testing.T) {
	for _, s := range scenarios(t) {
		for _, obj := range s.objects {
			if !template.MakesPods(obj) {
				continue
			}
			for _, way := range pastings {
				for _, policy := range []placement.Policy{placement.Pin, placement.Spread} { // Fail and Warn print Pin's fixes
					t.Run(fmt.Sprint(s.name, "/", policy, "/", obj.GetName(), "/", way.name), func(t *testing.T) {
						way.paste(t, s, obj, policy)
					})
				}
			}
		}
	}
}

func (way pasting) paste(t *testing.T, s scenario, obj *unstructured.Unstructured, policy placement.Policy) {
	files := way.files(obj)
	before := render(t, files, nil, way.kustomization)
	way.target.Name = obj.GetName()
	targets := map[*unstructured.Unstructured]patch.Target{before[0]: way.target}
	request := placement.Request{Cluster: s.cluster, Pools: s.pools, Objects: before[:1], Images: s.images,
		Policy: policy, PatchTargets: targets, Room: s.cluster.Pods != nil}
	verdicts := plan(t, request)
	fixes := fixesOf(verdicts)
	if len(fixes) == 0 {
		return
	}
	for _, entries := range listings(fixes) {
		after := render(t, files, fixes, way.kustomization+"patches: ["+entries+"]\n")
		request.Objects, request.Policy = after[:1], placement.Fail
		for i, again := range plan(t, request) {
			if again.Fix != "" || verdicts[i].Fix != "" && len(mendable(again.Findings)) > 0 {
				t.Errorf("still wrong with the fix listed as %s: %v\n%s", entries, again.Findings, verdicts[i].Fix)
			}
		}
		if diff := cmp.Diff(verdicts[0].Object.Object, after[0].Object); verdicts[0].Patched && diff != "" {
			t.Errorf("rendered is not what %s applies (-applied +rendered):\n%s", policy, diff)
		}
		if diff := cmp.Diff(before[1:], after[1:]); diff != "" {
			t.Errorf("the fix listed as %s changes a namesake (-before +after):\n%s", entries, diff)
		}
	}
}

func fixesOf(verdicts []placement.Verdict) (fixes []string) {
	for _, v := range verdicts {
		if v.Fix != "" {
			fixes = append(fixes, v.Fix)
		}
	}
	return fixes
}

// files are the object as its file has it, and a namesake.
func (way pasting) files(obj *unstructured.Unstructured) []string {
	namespaces := []string{way.namespace, "elsewhere"}
	if strings.Contains(way.kustomization, "namespace:") {
		namespaces = namespaces[:1]
	}
	var files []string
	for _, namespace := range namespaces {
		written := obj.DeepCopy()
		written.SetNamespace(namespace)
		text, _ := written.MarshalJSON() // which is YAML
		files = append(files, string(text))
	}
	return files
}

// listings are the ways to list fixes: by themselves, where they name an object, and as their comments show.
func listings(fixes []string) []string {
	var alone, targeted []string
	for i, fix := range fixes {
		file := fmt.Sprintf("THIS-FILE-%d", i)
		comment, patch, _ := strings.Cut(fix, "\n")
		if !strings.HasPrefix(comment, "#") {
			alone = append(alone, "{path: "+file+"}")
			continue
		}
		_, entry, _ := strings.Cut(comment, "patches: [")
		entry = strings.ReplaceAll(strings.TrimSuffix(entry, "]"), "THIS-FILE", file)
		targeted = append(targeted, entry)
		if !strings.HasPrefix(patch, "- op:") {
			alone = append(alone, "{path: "+file+"}")
		}
	}
	var all []string
	for _, entries := range [][]string{alone, targeted} {
		if len(entries) == len(fixes) {
			all = append(all, strings.Join(entries, ", "))
		}
	}
	return all
}

// TestFix_for_an_unknown_file is for objects of which only the rendered form is known: the fix fits a file that leaves
// its namespace to the kustomization, and with the target of its comment one that names its own.
func TestFix_for_an_unknown_file(t *testing.T) {
	s := readScenario(t, "testdata/cases/gke_with_the_taint_switched_off.yaml")
	for at, v := range plan(t, placement.Request{Cluster: s.cluster, Pools: s.pools, Objects: s.objects, Images: s.images,
		Policy: placement.Pin}) {
		if !v.Patched {
			continue
		}
		for i, way := range []pasting{{kustomization: "namespace: shop\n"},
			{namespace: "shop", kustomization: "namespace: shop\n"}} {
			after := render(t, way.files(s.objects[at]), []string{v.Fix},
				way.kustomization+"patches: ["+listings([]string{v.Fix})[i]+"]\n")
			if diff := cmp.Diff(v.Object.Object, after[0].Object); diff != "" {
				t.Errorf("rendered is not what pin applies (-applied +rendered):\n%s", diff)
			}
		}
	}
}

// render renders files as the resources of a kustomization, which lists patches as THIS-FILE-0 and so on.
func render(t *testing.T, files, patches []string, kustomization string) []*unstructured.Unstructured {
	t.Helper()
	fs := filesys.MakeFsInMemory()
	for i, patch := range patches {
		must(t, fs.WriteFile(fmt.Sprintf("THIS-FILE-%d", i), []byte(patch)))
	}
	must(t, fs.WriteFile("objects.yaml", []byte(strings.Join(files, "\n---\n"))))
	must(t, fs.WriteFile("kustomization.yaml", []byte(kustomization+"resources: [objects.yaml]\n")))
	rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(fs, ".")
	if err != nil {
		t.Fatalf("kustomize refuses the fix: %v\n%s", err, kustomization)
	}
	var objects []*unstructured.Unstructured
	for _, res := range rendered.Resources() {
		text, err := res.AsYAML()
		must(t, err)
		object := &unstructured.Unstructured{}
		must(t, yaml.Unmarshal(text, &object.Object))
		objects = append(objects, object)
	}
	return objects
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPlan_of_what_was_patched_is_fine(t *testing.T) {
	for _, s := range scenarios(t) {
		for _, policy := range []placement.Policy{placement.Pin, placement.Spread} {
			t.Run(s.name+"/"+string(policy), func(t *testing.T) {
				var patched []*unstructured.Unstructured
				for _, v := range plan(t, placement.Request{Cluster: s.cluster, Pools: s.pools, Objects: s.objects,
					Images: s.images, Policy: policy}) {
					if v.Patched {
						patched = append(patched, v.Object)
					}
				}
				for _, v := range plan(t, placement.Request{Cluster: s.cluster, Pools: s.pools, Objects: patched, Images: s.images,
					Policy: policy}) {
					if v.Patched || v.Fix != "" || len(mendable(v.Findings)) > 0 {
						t.Errorf("%s needs a second patch: %v", v.Object.GetName(), v.Findings)
					}
				}
			})
		}
	}
}

// mendable leaves out what no patch mends: nodes that take no pods for now, or that are not there yet, terms that do
// not parse, and a lack of room.
func mendable(findings []finding.Finding) []finding.Finding {
	codes := []finding.Code{finding.EmptyPool, finding.InsufficientCapacity}
	return slices.DeleteFunc(slices.Clone(findings), func(f finding.Finding) bool {
		return strings.Contains(f.Message, "waits for nodes that take no pods now") ||
			strings.Contains(f.Message, "stops the scheduler") || slices.Contains(codes, f.Code)
	})
}
