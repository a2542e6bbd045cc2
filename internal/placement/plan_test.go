package placement_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

var update = flag.Bool("update", false, "write what Plan says into testdata/cases/*.want.yaml")

var policies = []placement.Policy{placement.Fail, placement.Pin, placement.Spread, placement.Warn}

// scenario is one file of testdata/cases, read.
type scenario struct {
	name    string
	cluster schedule.Snapshot
	pools   []pool.Pool
	objects []*unstructured.Unstructured
	images  map[string]platform.Offer
	// admitted are the pods that the server would make.
	admitted map[template.Key]*corev1.Pod
}

// row is what a golden file says of one workload under one policy.
type row struct {
	Architectures map[string]landing.Outcome `json:"architectures"`
	WithoutNode   []string                   `json:"withoutNode,omitempty"`
	Patched       bool                       `json:"patched,omitempty"`
	Fix           string                     `json:"fix,omitempty"`
	Findings      []string                   `json:"findings,omitempty"`
}

func TestPlan(t *testing.T) {
	for _, test := range scenarios(t) {
		t.Run(test.name, func(t *testing.T) {
			got := map[string][]group{}
			for _, policy := range policies {
				for _, v := range plan(t, placement.Request{Cluster: test.cluster, Pools: test.pools, Objects: test.objects,
					Admitted: test.admitted, Images: test.images, Policy: policy, Room: test.cluster.Pods != nil}) {
					name := strings.TrimSpace(v.Object.GetKind() + " " + v.Object.GetName() + " " + v.Template)
					got[name] = join(got[name], policy, row{v.Architectures, v.WithoutNode, v.Patched, v.Fix, lines(v.Findings)})
				}
			}
			golden(t, filepath.Join("testdata/cases", test.name+".want.yaml"), got)
		})
	}
}

// group is a row with the policies that lead to it.
type group struct {
	Under []placement.Policy `json:"under"`
	row
}

func join(groups []group, policy placement.Policy, r row) []group {
	for i := range groups {
		if cmp.Equal(groups[i].row, r) {
			groups[i].Under = append(groups[i].Under, policy)
			return groups
		}
	}
	return append(groups, group{[]placement.Policy{policy}, r})
}

func lines(findings []finding.Finding) []string {
	var all []string
	for _, f := range findings {
		where := strings.Trim(f.Architecture+" "+f.Container+" "+f.Image, " ")
		all = append(all, string(f.Severity)+" "+string(f.Code)+" ["+where+"] "+f.Message)
	}
	return all
}

func golden(t *testing.T, path string, got any) {
	t.Helper()
	text, err := yaml.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(text)); diff != "" {
		t.Errorf("%s (-want +got); -update accepts it:\n%s", path, diff)
	}
}

// TestPlan_leaves_the_rest_alone holds for every case and policy: what was given is never written to, what is not
// patched is the very object that was given, and Fail and Warn patch nothing.
func TestPlan_leaves_the_rest_alone(t *testing.T) {
	for _, s := range scenarios(t) {
		for _, policy := range policies {
			t.Run(s.name+"/"+string(policy), func(t *testing.T) {
				before := deepCopies(s.objects)
				given := map[*unstructured.Unstructured]bool{}
				for _, obj := range s.objects {
					given[obj] = true
				}
				patched := map[*unstructured.Unstructured]bool{}
				verdicts := plan(t, placement.Request{Cluster: s.cluster, Pools: s.pools, Objects: s.objects,
					Images: s.images, Policy: policy})
				for _, v := range verdicts {
					patched[v.Source] = patched[v.Source] || v.Patched
				}
				for _, v := range verdicts {
					if given[v.Object] == patched[v.Source] {
						t.Errorf("%s: patched is %t, the same object: %t", v.Object.GetName(), v.Patched, given[v.Object])
					}
					if v.Patched && (policy == placement.Fail || policy == placement.Warn) {
						t.Errorf("%s: patched under %s", v.Object.GetName(), policy)
					}
				}
				if diff := cmp.Diff(before, s.objects); diff != "" {
					t.Errorf("the given objects changed (-before +after):\n%s", diff)
				}
			})
		}
	}
}

func deepCopies(objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	all := make([]*unstructured.Unstructured, len(objects))
	for i, obj := range objects {
		all[i] = obj.DeepCopy()
	}
	return all
}

func scenarios(t *testing.T) []scenario {
	t.Helper()
	paths, err := filepath.Glob("testdata/cases/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	var all []scenario
	for _, path := range paths {
		if !strings.HasSuffix(path, ".want.yaml") {
			all = append(all, readScenario(t, path))
		}
	}
	return all
}

func readScenario(t *testing.T, path string) scenario {
	t.Helper()
	var file struct {
		Cluster string
		Pools   []pool.Pool
		Pods    []corev1.Pod
		Storage schedule.Storage
		// Admitted are what the server makes of the pods' specs, by the name of their object.
		Admitted map[string]corev1.PodSpec
		Images   map[string]struct{ Index, Manifest []string }
		Objects  []map[string]any
	}
	read(t, path, &file)
	s := scenario{name: strings.TrimSuffix(filepath.Base(path), ".yaml"), images: map[string]platform.Offer{},
		admitted: map[template.Key]*corev1.Pod{}}
	read(t, filepath.Join("testdata/clusters", file.Cluster+".yaml"), &s.cluster.Nodes)
	s.cluster.Pods, s.cluster.Storage, s.pools = file.Pods, file.Storage, file.Pools
	for ref, image := range file.Images {
		s.images[ref] = platform.Offer{Index: image.Index != nil, Platforms: parse(t, append(image.Index, image.Manifest...))}
	}
	for _, obj := range file.Objects {
		s.objects = append(s.objects, &unstructured.Unstructured{Object: obj})
		last := s.objects[len(s.objects)-1]
		if spec, ok := file.Admitted[last.GetName()]; ok {
			s.admitted[template.KeyOf(last, template.Of(last)[0])] = &corev1.Pod{Spec: spec}
		}
	}
	return s
}

func plan(t testing.TB, r placement.Request) []placement.Verdict {
	t.Helper()
	verdicts, err := placement.Plan(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return verdicts
}

func parse(t testing.TB, texts []string) []v1.Platform {
	t.Helper()
	var all []v1.Platform
	for _, text := range texts {
		p, err := v1.ParsePlatform(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, *p)
	}
	return all
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(bytes.TrimSpace(text), into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
