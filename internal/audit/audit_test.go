package audit_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/workloads"
)

func object(namespace, name string) *unstructured.Unstructured {
	obj := &unstructured.Unstructured{Object: map[string]any{}}
	obj.SetAPIVersion("apps/v1")
	obj.SetKind("Deployment")
	obj.SetNamespace(namespace)
	obj.SetName(name)
	return obj
}

// podOn requests half a core and a gibibyte.
func podOn(node string) *corev1.Pod {
	pod := &corev1.Pod{}
	pod.Spec.NodeName = node
	pod.Spec.Containers = []corev1.Container{{Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("500m"), corev1.ResourceMemory: resource.MustParse("1Gi")}}}}
	return pod
}

func nodeOf(name, architecture string) corev1.Node {
	n := corev1.Node{}
	n.Name, n.Status.NodeInfo.Architecture = name, architecture
	return n
}

type outcomes = map[string]landing.Outcome

func verdict(image string, of outcomes, move placement.Move) placement.Verdict {
	return placement.Verdict{Images: []string{image}, Architectures: of, Moves: map[string]placement.Move{"arm64": move}}
}

func known(reference string, platforms ...string) audit.Image {
	image := audit.Image{Reference: reference, Known: true, Offer: platform.Offer{Index: true}}
	for _, architecture := range platforms {
		image.Platforms = append(image.Platforms, v1.Platform{OS: "linux", Architecture: architecture})
	}
	return image
}

func TestOf(t *testing.T) {
	lacks := []placement.MoveContainer{{Container: "main", Image: "only", Outcome: landing.PullFails}}
	rows := []struct {
		name       string
		now, later placement.Verdict
		pods       []*corev1.Pod
		want       string
	}{
		{"runs_there", verdict("both", outcomes{"amd64": "runs", "arm64": "runs"}, placement.Move{}),
			verdict("both", outcomes{"amd64": "runs", "arm64": "runs"}, placement.Move{Lands: true, Runs: true}),
			[]*corev1.Pod{podOn("amd"), podOn("arm")}, "risk  runs: "},
		{"kept_off_by_a_taint", verdict("both", outcomes{"arm64": "excluded"}, placement.Move{}),
			verdict("both", outcomes{"arm64": "excluded"},
				placement.Move{Runs: true, Blocks: []string{"it does not tolerate x"}}),
			[]*corev1.Pod{podOn("amd")}, "risk  ready: it does not tolerate x"},
		{"at_risk_now", verdict("only", outcomes{"arm64": "crashes"}, placement.Move{}),
			verdict("only", outcomes{"arm64": "crashes"}, placement.Move{Containers: lacks}), []*corev1.Pod{podOn("amd")},
			"risk now not-ready: container main: only (third party) offers linux/amd64 only; tag 1.1 has linux/arm64"},
		{"at_risk_with_the_pool", verdict("only", outcomes{"amd64": "runs"}, placement.Move{}),
			verdict("only", outcomes{"arm64": "pull-fails"}, placement.Move{Containers: lacks}), nil,
			"risk with-pool not-ready: container main: only (third party) offers linux/amd64 only; tag 1.1 has linux/arm64"},
		{"gone", verdict("gone", outcomes{"amd64": "runs"}, placement.Move{}),
			verdict("gone", outcomes{"amd64": "runs"}, placement.Move{Lands: true, Runs: true}), nil,
			"risk now not-ready: no node can pull gone"},
		{"unknown", verdict("shut", outcomes{"arm64": "runs"}, placement.Move{}),
			verdict("shut", outcomes{"arm64": "runs"}, placement.Move{Lands: true, Runs: true}), []*corev1.Pod{podOn("amd")},
			"risk  unknown: 401"},
		{"other_image_known_to_fail", func() placement.Verdict {
			v := verdict("shut", outcomes{"arm64": "excluded"}, placement.Move{})
			v.Images = append(v.Images, "only")
			return v
		}(), verdict("shut", outcomes{"arm64": "excluded"}, placement.Move{Containers: lacks}), nil,
			"risk  not-ready: container main: only (third party) offers linux/amd64 only; tag 1.1 has linux/arm64"},
	}
	only := known("only", "amd64")
	only.Newer = audit.Newer{Searched: true, Tag: "1.1"}
	r := audit.Request{Architecture: "arm64", Expected: true,
		Nodes: []corev1.Node{nodeOf("amd", "amd64"), nodeOf("arm", "arm64")},
		Images: map[string]audit.Image{"both": known("both", "amd64", "arm64"), "only": only,
			"gone": {Reference: "gone", Gone: true, Problem: "404"}, "shut": {Reference: "shut", Problem: "401"}},
		Prices: map[string]float64{"amd64": 4, "arm64": 3}}
	for _, test := range rows {
		r.Workloads = append(r.Workloads, workloads.Workload{Object: object("shop", test.name), Pods: test.pods})
		r.Now, r.Later = append(r.Now, test.now), append(r.Later, test.later)
	}
	result := audit.Of(r)
	for i, test := range rows {
		t.Run(test.name, func(t *testing.T) {
			at := result.Rows[i]
			if got := "risk " + string(at.Risk) + " " + string(at.Move) + ": " + at.Why; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	total := result.Total
	gotTotal := map[string]any{
		"workloads": total.Workloads, "now": total.AtRiskNow, "pool": total.AtRiskWithPool,
		"amd64": total.Running["amd64"].Cores, "arm64": total.Running["arm64"].Cores,
		"move": total.CanMove.Cores, "moving": total.CanMove.Workloads, "cannot": total.CannotMove.Cores,
		"staying": total.CannotMove.Workloads, "unknown": total.Unknown.Cores, "memory": total.Running["amd64"].Memory,
	}
	want := map[string]any{"workloads": 7, "now": 2, "pool": 1, "amd64": 2.0, "arm64": 0.5, "move": 1.0, "moving": 2,
		"cannot": 0.5, "staying": 4, "unknown": 0.5, "memory": int64(4 << 30)}
	if diff := cmp.Diff(want, gotTotal); diff != "" {
		t.Errorf("sum (-want +got):\n%s", diff)
	}
	worth := audit.Worth{Prices: r.Prices, Running: 2*4 + 0.5*3, CanMove: 4, Moved: 3}
	if diff := cmp.Diff(&worth, result.Worth); diff != "" || result.Worth.Saves() != 1 {
		t.Errorf("worth (-want +got):\n%s", diff)
	}
}

func TestOwned(t *testing.T) {
	for _, test := range []struct {
		name, reference string
		own             []string
		want            bool
	}{
		{"docker_hub", "nginx:1.25", nil, false},
		{"registry_of_a_cloud", "acme.azurecr.io/cart:v1", nil, true},
		{"artifact_registry", "europe-docker.pkg.dev/acme/shop/cart:v1", nil, true},
		{"container_registry", "eu.gcr.io/other/app:v1", nil, false},
		{"named", "ghcr.io/acme/cart:v1", []string{"ghcr.io/acme"}, true},
		{"named_ends_at_a_slash", "ghcr.io/acmes/cart:v1", []string{"ghcr.io/acme"}, false},
		{"mirror_beside_what_is_named", "mirror.example.com/nginx:1", []string{"ghcr.io/acme"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			ref, err := name.ParseReference(test.reference)
			if err != nil {
				t.Fatal(err)
			}
			if got := audit.Owned(ref, test.own); got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}
