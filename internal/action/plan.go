package action

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/lookup"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action/snapshot"
	"github.com/multiarch-deploy/multiarch-deploy/internal/admission"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/verify"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/catalogue"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// plan decides where each workload can run, on the nodes that the cluster has now. The images of the manifests that are
// no input are looked up too: a sidecar of somebody else's crashes a pod as well.
func (d *deploy) plan(ctx context.Context) error {
	if d.waitForSnapshot == nil {
		d.waitForSnapshot = snapshot.Read(ctx, d.cluster.Config, snapshot.OfDeploy())
	}
	d.lookedUp()
	nodes, err := d.waitForNodes()
	if err != nil {
		return err
	}
	asked := d.admit()
	if asked.err != nil {
		return asked.err
	}
	d.references = pods.References(d.Unstructured(), asked.answer.Pods)
	d.lookUp(ctx, d.references)
	pools := d.pools()
	d.nodes = placement.GroupNodes(nodes, pools)
	if len(nodes) == 0 {
		d.find(d.noNodes(pools))
	}
	s, err := d.waitForSnapshot()
	if err != nil {
		return err
	}
	d.find(s.Incomplete()...)
	s.Nodes = nodes
	if err := d.place(ctx, s, pools, asked.server, asked.answer); err != nil {
		return err
	}
	if err := d.findMissing(ctx, s, asked.answer); err != nil {
		return err
	}
	d.Patch(d.verdicts)
	if table := d.report().PlacementTable(); table != nil {
		d.say("%s", report.Table(table))
	}
	return nil
}

// findMissing reports what pods would wait for, but for what the server has refused pods for already.
func (d *deploy) findMissing(ctx context.Context, s snapshot.Snapshot, answer admission.Answer) error {
	known := map[object.Key]bool{}
	for _, refused := range d.Refusals(answer, d.cluster.Namespace) {
		known[refused.Missing] = true
	}
	missing, err := s.Missing(ctx, d.cluster, d.Unstructured(), known, d.applier.Foresee(d.readOptions()))
	d.find(d.Located(missing)...)
	return err
}

// pools are the kinds of nodes that the plan has to hold for, besides the nodes that are there. What cannot be read is
// reported once, and the plan goes on without it.
func (d *deploy) pools() []pool.Pool {
	read, findings := d.waitForPools()
	if !d.poolsReported {
		d.poolsReported = true
		d.find(findings...)
	}
	pools := append(slices.Clone(d.config.ExpectedNodes), read...)
	if d.config.PlanFor == catalogue.PlanForPlatforms {
		pools = append(pools, pool.OfPlatforms(d.config.Platforms)...)
	}
	return pools
}

// place judges the workloads on what is known of the cluster, and reports what is wrong with them. Where the server
// refuses a patch, it judges again without that.
func (d *deploy) place(ctx context.Context, s snapshot.Snapshot, pools []pool.Pool, server *admission.Server,
	answer admission.Answer) error {
	request := placement.Request{
		Cluster: s.Snapshot, Pools: pools, Room: s.Whole("pods"), Quotas: s.Quotas, Autoscalers: s.Autoscalers,
		CapacityIsError: d.config.OnInsufficientCapacity == catalogue.CapacityFail, Objects: d.Unstructured(),
		Admitted: answer.Pods, Unchanged: server.Unchanged(), Images: d.images.Offers(d.references),
		Foreign: d.inspectStarts(ctx, pool.PlatformsOf(s.Nodes, pools)),
		Policy:  d.policy(), PatchesAreKept: d.fixes(), PatchTargets: d.PatchTargets(),
	}
	d.planned = request
	var err error
	if d.verdicts, err = placement.Plan(ctx, request); err != nil {
		return err
	}
	if request.Refused = refusedPatches(ctx, server, d.verdicts); len(request.Refused) > 0 {
		if d.verdicts, err = placement.Plan(ctx, request); err != nil {
			return err
		}
	}
	var findings []finding.Finding
	for _, v := range d.verdicts {
		findings = append(findings, d.Located(v.Findings)...)
	}
	d.find(findings...)
	return nil
}

// lookUp asks the registries for the references of the manifests. What can't be read is reported, since it can't be
// planned for.
func (d *deploy) lookUp(ctx context.Context, references []string) {
	refs := map[string]name.Reference{}
	var order []name.Reference
	for _, text := range references {
		ref, err := image.ParseReference(text)
		if err != nil {
			d.find(d.UsedBy(text, d.unreadable(text, err)))
			continue
		}
		refs[text] = ref
		order = append(order, ref)
	}
	d.images.Resolve(ctx, order)
	var out lookup.Outages
	for _, text := range references {
		ref, ok := refs[text]
		if !ok || d.isInput(ref) {
			continue
		}
		result := d.images.Result(ref)
		switch outage, isOutage := image.OutageOf(result.Err); {
		case isOutage:
			_ = out.Add(text, outage) // reported below, with all images of its registry
		case result.Err != nil:
			d.find(d.UsedBy(text, d.unreadable(text, result.Err)))
		default:
			d.findIn(text, result.Image)
		}
	}
	for _, o := range out.List() {
		f := o.Finding()
		if len(o.Images) == 1 {
			f = d.UsedBy(o.Images[0], f)
		}
		d.find(f)
	}
}

// findIn reports what is wrong with an image that is no input, as far as it is known without its layers.
func (d *deploy) findIn(reference string, img *image.Image) {
	findings := verify.Incomplete(img, nil)
	if f, pinned := verify.ChildDigest(img, nil); pinned {
		findings = append(findings, f)
	}
	for _, f := range findings {
		d.find(d.UsedBy(reference, f))
	}
}

// isInput reports whether the image is one of the inputs, whose problems verify has reported already.
func (d *deploy) isInput(ref name.Reference) bool {
	if d.fixes() { // nothing has verified them
		return false
	}
	for _, in := range d.config.Images {
		if in.Reference.Name() == ref.Name() {
			return true
		}
	}
	return false
}

// unreadable is a warning: the nodes may reach, or be let into, registries that this program can't. Only where the
// registry itself says that there is no such image, or none in it, no node will find it, and the policy decides.
func (d *deploy) unreadable(reference string, err error) finding.Finding {
	f, known := d.asFinding(err)
	if !known {
		f = finding.Finding{Code: finding.ImagePull,
			Message: fmt.Sprintf("Image %s could not be inspected: %v.", reference, err)}
	}
	f.Image = reference
	f.Severity = finding.Warning
	if none := f.Code == finding.ImageNotFound || f.Code == finding.PlatformMissing; none &&
		d.config.ArchPolicy != placement.Warn {
		f.Severity = finding.Error
	}
	if f.Severity == finding.Warning {
		f.Message += " Its placement is not checked."
	}
	return f
}

// noNodes: nothing can run on a cluster without nodes, unless it starts them when pods wait, which policy warn allows.
func (d *deploy) noNodes(pools []pool.Pool) finding.Finding {
	f := finding.Finding{
		Code:     finding.NoMatchingNode,
		Severity: finding.Error,
		Message:  fmt.Sprintf("The cluster at %s has no nodes, so no pod can run.", d.cluster.Config.Host),
		Fix:      "Add a node pool. If the cluster starts nodes only when pods wait for them, set arch-policy to warn.",
	}
	announced := slices.DeleteFunc(slices.Clone(pools), func(p pool.Pool) bool { return p.Source == pool.Platforms })
	switch {
	case len(announced) > 0:
		f.Code, f.Severity = finding.EmptyPool, finding.Info
		f.Message = fmt.Sprintf("The cluster at %s has no nodes today. The plan is for those of its pools.",
			d.cluster.Config.Host)
		f.Fix = "Nothing, where a pool grows when pods wait; else add a node to it."
	case d.config.ArchPolicy == placement.Warn:
		f.Severity = finding.Warning
	}
	return f
}
