package action

import (
	"cmp"
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// place plans where each workload can run, on the nodes the cluster has now. The images of the manifests that are no
// input are looked up too: a sidecar of somebody else's crashes a pod as well.
func (d *deploy) place(ctx context.Context) error {
	d.inspect(ctx, placement.References(d.unstructured()))
	nodes, err := d.nodes()
	if err != nil {
		return err
	}
	d.report.Nodes = placement.GroupNodes(nodes)
	if len(nodes) == 0 {
		d.find(d.noNodes())
	}
	verdicts, err := placement.Plan(ctx, placement.Request{
		Cluster: schedule.Snapshot{Nodes: nodes}, Objects: d.unstructured(), Images: d.offers(),
		Policy: d.config.ArchPolicy, PatchTargets: d.targets(),
	})
	if err != nil {
		return err
	}
	d.judge(verdicts)
	if table := d.report.PlacementTable(); table != nil {
		d.say("%s", report.Table(table))
	}
	return nil
}

// targets are the names by which patches in the kustomization find the objects.
func (d *deploy) targets() map[*unstructured.Unstructured]placement.PatchTarget {
	targets := map[*unstructured.Unstructured]placement.PatchTarget{}
	for _, o := range d.objects {
		targets[o.Unstructured] = placement.PatchTarget(o.Target)
	}
	return targets
}

// judge takes the verdicts over: what is reported, and what is applied.
func (d *deploy) judge(verdicts []placement.Verdict) {
	applied := map[*unstructured.Unstructured]*unstructured.Unstructured{}
	for _, v := range verdicts {
		applied[v.Source] = v.Object
		d.report.Workloads = append(d.report.Workloads, report.Workload{
			Kind: v.Object.GetKind(), Namespace: v.Object.GetNamespace(), Name: v.Object.GetName(),
			Images: v.Images, Architectures: v.Architectures, Fix: v.Fix,
		})
		for _, f := range v.Findings {
			d.find(d.locate(f))
		}
	}
	for i, o := range d.objects {
		d.objects[i].Unstructured = cmp.Or(applied[o.Unstructured], o.Unstructured)
	}
}

// noNodes: nothing can run on a cluster without nodes, unless it starts them when pods wait, which policy warn allows.
func (d *deploy) noNodes() finding.Finding {
	f := finding.Finding{
		Code:     finding.NoMatchingNode,
		Severity: finding.Error,
		Message:  fmt.Sprintf("The cluster at %s has no nodes, so no pod can run.", d.cluster.Config.Host),
		Fix:      "Add a node pool. If the cluster starts nodes only when pods wait for them, set arch-policy to warn.",
	}
	if d.config.ArchPolicy == placement.Warn {
		f.Severity = finding.Warning
	}
	return f
}
