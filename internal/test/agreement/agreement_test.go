package agreement

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	resourcehelper "k8s.io/component-helpers/resource"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/admission"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
)

var (
	workloads = flag.Int("workloads", 200, "how many random workloads are planned and made")
	each      = flag.Int("each", 10, "how many of them on the same nodes")
	seed      = flag.Uint64("seed", 1, "where they start; 0 takes one that nobody has tried")
	clusters  = flag.Int("clusters", 1, "how many clusters share them")
)

// mostFailed is how many workloads are enough to see what is wrong.
const mostFailed = 10

// TestPlan_is_what_happens plans random workloads on random nodes and makes them. Each seed of a round makes its nodes
// and workloads, whatever came before.
func TestPlan_is_what_happens(t *testing.T) {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	for n := range *clusters {
		t.Run(fmt.Sprintf("cluster_%d", n), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			fixed, failed := 0, 0
			for first := n * *each; first < *workloads && failed < mostFailed; first += *clusters * *each {
				f, bad := w.round(t, *seed+uint64(first), min(*each, *workloads-first))
				fixed, failed = fixed+f, failed+bad
			}
			t.Logf("-seed %d -workloads %d -each %d: %d were mended by the fix that their plan shows", *seed, *workloads,
				*each, fixed)
		})
	}
}

// round compares some workloads on the same nodes, and counts those that a fix has mended, and those at fault.
func (w *world) round(t *testing.T, start uint64, workloads int) (fixed, failed int) {
	t.Helper()
	d := dice{rand.New(rand.NewPCG(start, 0))}
	w.limit(t, nil)
	nodes := w.install(t, d.nodes())
	w.neighbours(t, d, nodes)
	for i := range workloads {
		c := comparison{T: t, world: w, nodes: nodes, subject: d.subject(i)}
		if c.check() {
			fixed++
		}
		if c.failed {
			failed++
			t.Logf("-seed %d -workloads %d\n%s\n%s", start, i+1, inWords(nodes), c.manifest())
		}
	}
	return fixed, failed
}

// comparison is of one workload on some nodes.
type comparison struct {
	*testing.T
	*world
	subject subject
	nodes   []corev1.Node
	request placement.Request // of the plan
	refused string            // why the server would not make the workload's pods; "" where it would
	failed  bool
}

// Errorf reports a difference between the plan and what happens.
func (c *comparison) Errorf(format string, args ...any) {
	c.Helper()
	c.failed = true
	c.T.Errorf(format, args...)
}

func (c *comparison) manifest() string {
	text, _ := yaml.Marshal(c.subject.object.Object)
	return string(text)
}

// check compares the plan of the workload with what becomes of it, and that of the mended one, if there is a fix. It
// reports whether there is.
func (c *comparison) check() (fixed bool) {
	c.Helper()
	verdict := c.compare()
	if verdict.Fix != "" {
		c.subject.object = c.paste(verdict.Fix)
		mended := c.compare()
		if bad := faults(mended.Findings); mended.Fix != "" || len(bad) > 0 {
			c.Errorf("the mended workload is not fine: %v\n%s", bad, mended.Fix)
		}
		if fixed = true; !c.failed && c.makesPods() && c.refused == "" {
			c.run(c.T, c.subject)
		}
		verdict = mended
	}
	if c.subject.before != "" && len(faults(verdict.Findings)) == 0 && verdict.Room != nil && !c.failed &&
		c.refused == "" {
		c.compareUpdate()
	}
	return fixed
}

// makesPods: somebody in the cluster makes the workload's pods.
func (c *comparison) makesPods() bool { return c.subject.object.GetKind() != "Widget" }

// compare plans the workload, tries one of its pods on each node, and makes it.
func (c *comparison) compare() placement.Verdict {
	c.Helper()
	c.limit(c.T, c.subject.quota)
	if c.subject.shared {
		c.provide(c.T, c.subject)
	}
	v, refused := c.plan()
	c.withdraw(c.T, c.subject)
	c.limit(c.T, nil)
	if !strings.Contains(refused, byQuota) { // which is not there while nodes are tried
		c.compareNodes(v, refused != "")
	}
	if (refused == "" || strings.Contains(refused, byQuota)) && c.makesPods() {
		c.limit(c.T, c.subject.quota)
		c.compareRoom(v, refused != "")
	}
	return v
}

// plan asks as a deploy does: the server for its pods and about the patch, then the plan.
func (c *comparison) plan() (v placement.Verdict, refused string) {
	c.Helper()
	set := []*unstructured.Unstructured{c.subject.object}
	if c.subject.scaler != nil {
		set = append(set, c.subject.scaler)
	}
	applier, err := apply.New(c.config)
	must(c.T, err)
	server, err := admission.New(c.config, set, admission.Options{Namespace: c.subject.object.GetNamespace(),
		Apply: applier.Foresee(apply.Options{FieldManager: manager}), Timeout: time.Minute})
	must(c.T, err)
	answer := server.Ask(c.Context())
	own, err := c.pods(c.Context(), c.subject.object.GetNamespace())
	must(c.T, err)
	own = slices.DeleteFunc(own, func(p corev1.Pod) bool { // of a workload before, which are about to go
		return p.Labels["app"] != c.subject.object.GetName()
	})
	c.request = placement.Request{
		Cluster: schedule.Snapshot{Nodes: c.nodes, Pods: append(own, c.running...), Namespaces: c.spaces,
			Storage: c.storage}, Quotas: c.quotas,
		Objects: set, Admitted: answer.Pods, Images: c.images, Policy: placement.Fail, Room: true,
	}
	if v = c.verdict(c.request); v.Repaired != nil {
		c.request.Refused = server.Refuses(c.Context(),
			[]admission.Repair{{Source: v.Source, Patched: v.Repaired, Template: v.Key}})
		v = c.verdict(c.request)
	}
	c.refused = refusal(answer)
	return v, c.refused
}

// refusal is why the server would not make the workload's pods. About a pod itself the preview says it.
func refusal(a admission.Answer) string {
	for _, err := range a.Refused {
		return err.Error()
	}
	for key, err := range a.Unasked {
		if key.Object.GetKind() == "Pod" && apierrors.IsInvalid(err) {
			return err.Error()
		}
	}
	return ""
}

func (c *comparison) verdict(r placement.Request) placement.Verdict {
	c.Helper()
	verdicts, err := placement.Plan(c.Context(), r)
	must(c.T, err)
	return verdicts[0]
}

// compareNodes has a pod of the workload tried on each node, and asks the plan for each node alone.
func (c *comparison) compareNodes(v placement.Verdict, refused bool) {
	c.Helper()
	taken, err := c.probe(c.T, c.subject, c.nodes)
	if (err != nil) != refused && c.makesPods() { // else it is not known what becomes of them
		c.Errorf("its pods are refused: %v; planned: %t", err, refused)
	}
	if err != nil || refused {
		return
	}
	byKind := map[string]bool{}
	for _, n := range c.nodes {
		kind := node.Kind(node.Platform(&n))
		alone := c.request
		alone.Cluster.Nodes, alone.Room = []corev1.Node{n}, false
		planned := isLanding(c.verdict(alone).Architectures[kind])
		byKind[kind] = byKind[kind] || planned
		if planned && !taken[n.Name] && c.crowded(n) {
			continue
		}
		if taken[n.Name] != planned && (planned || !c.toleratesForAWhile(n)) {
			c.Errorf("a pod can be on %s: %t, planned %t", n.Name, taken[n.Name], planned)
		}
	}
	for kind, planned := range byKind {
		if got := v.Architectures[kind]; isLanding(got) != planned {
			c.Errorf("%s are planned as %s; alone, one of its nodes takes a pod: %t", kind, got, planned)
		}
	}
}

func isLanding(o landing.Outcome) bool {
	return o != landing.Excluded && o != landing.Absent && o != ""
}

// crowded: the pods that run on a node leave no room for one of the workload. Which nodes can ever take a pod is a
// matter of empty nodes.
func (c *comparison) crowded(n corev1.Node) bool {
	pod := corev1.Pod{Spec: template.Of(c.subject.object)[0].Spec}
	for _, admitted := range c.request.Admitted {
		pod = *admitted
	}
	left, pods := n.Status.Allocatable.Cpu().DeepCopy(), n.Status.Allocatable.Pods().Value()
	for _, p := range append(c.running, pod) {
		if p.Spec.NodeName == n.Name || p.Namespace != beside {
			left.Sub(resourcehelper.PodRequests(&p, resourcehelper.PodResourcesOptions{})[corev1.ResourceCPU])
			pods--
		}
	}
	return left.Sign() < 0 || pods < 0
}

// toleratesForAWhile is the one way in which plan and scheduler differ on purpose: a pod that tolerates a NoExecute
// taint for some seconds is bound there, and evicted after them.
func (c *comparison) toleratesForAWhile(n corev1.Node) bool {
	limited := func(p corev1.Toleration) bool {
		return p.TolerationSeconds != nil && slices.ContainsFunc(node.Lasting(&n), func(t corev1.Taint) bool {
			return t.Effect == corev1.TaintEffectNoExecute && (p.Key == "" || p.Key == t.Key)
		})
	}
	return slices.ContainsFunc(template.Of(c.subject.object)[0].Spec.Tolerations, limited)
}

// compareRoom makes the workload, and counts its pods and those that find no node.
func (c *comparison) compareRoom(v placement.Verdict, refused bool) {
	c.Helper()
	d := c.deploy(c.T, c.subject)
	defer c.remove(c.T, c.subject)
	excess := refused || slices.ContainsFunc(v.Findings, func(f finding.Finding) bool {
		return strings.Contains(f.Message, "ResourceQuota")
	})
	switch {
	case v.Room == nil && !refused: // the plan says that it lands nowhere
		for _, p := range d.pods {
			if at := slices.IndexFunc(c.nodes, func(n corev1.Node) bool { return n.Name == p.Spec.NodeName }); at >= 0 &&
				!c.toleratesForAWhile(c.nodes[at]) {
				c.Errorf("a pod is on %s, and the plan says that none lands anywhere", p.Spec.NodeName)
			}
		}
	case v.Room == nil:
		if len(d.pods) > 0 {
			c.Errorf("it has %d pods, and the plan says that they are refused", len(d.pods))
		}
	case d.limited != excess && d.wanted > 0:
		c.Errorf("its quota refuses pods: %t, foretold %t: %v %v", d.limited, excess, v.Findings, c.request.Quotas)
	case !d.limited && len(d.pods) != v.Room.Wanted:
		c.Errorf("it has %d pods, foretold %d", len(d.pods), v.Room.Wanted)
	case !d.limited && d.pending() != v.Room.Wanted-v.Room.Fit:
		c.Errorf("%d of %d pods find no node, foretold %d: %v", d.pending(), len(d.pods), v.Room.Wanted-v.Room.Fit,
			v.Room.Why)
	}
}

// faults are the findings that a fix is for.
func faults(all []finding.Finding) []finding.Finding {
	codes := []finding.Code{finding.ExecFormatError, finding.PlatformMissing, finding.UntoleratedTaint,
		finding.NoMatchingNode}
	return slices.DeleteFunc(slices.Clone(all), func(f finding.Finding) bool {
		return !slices.Contains(codes, f.Code) || f.Severity != finding.Error
	})
}

// paste adds the fix to a kustomization of the workload, as its comment says, and renders it.
func (c *comparison) paste(fix string) *unstructured.Unstructured {
	c.Helper()
	comment, _, _ := strings.Cut(fix, "\n")
	_, entry, _ := strings.Cut(comment, "kustomization.yaml: ")
	fs := filesys.MakeFsInMemory()
	must(c.T, fs.WriteFile("THIS-FILE", []byte(fix)))
	must(c.T, fs.WriteFile("object.yaml", []byte(c.manifest())))
	must(c.T, fs.WriteFile("kustomization.yaml", []byte("resources: [object.yaml]\n"+entry+"\n")))
	rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(fs, ".")
	must(c.T, err)
	text, err := rendered.AsYaml()
	must(c.T, err)
	mended := &unstructured.Unstructured{}
	must(c.T, yaml.Unmarshal(text, &mended.Object))
	return mended
}
