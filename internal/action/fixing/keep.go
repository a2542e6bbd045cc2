package fixing

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/archpatches"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// keptPatches are the patches of an earlier fix that the plan does not ask for today and that stay all the same: that a
// registry does not answer, or that a node pool is empty for the moment, is no reason to take a pin away. What becomes
// of the others is noted.
func (x *Fix) keptPatches(ctx context.Context, wanted []wantedPatch) ([]archpatches.Patch, error) {
	var kept []archpatches.Patch
	var lasting map[*unstructured.Unstructured]bool
	for _, old := range x.Written.patches {
		v := x.verdictOf(old)
		if v != nil && slices.ContainsFunc(wanted, func(w wantedPatch) bool { return w.object == v.Object }) {
			x.renamed(old, wanted)
			continue
		}
		if v != nil && lasting == nil {
			var err error
			if lasting, err = x.lasting(ctx); err != nil {
				return nil, err
			}
		}
		change := report.Patch{Object: old.String(), Action: report.PatchKept}
		switch unread := x.notRead(v); {
		case v == nil:
			change.Action, change.Reason = report.PatchRemoved, "The kustomization has no such workload."
		case len(unread) > 0:
			change.Reason = "Whether it is still needed is not known: " + platform.Conjoin(unread) + " could not be inspected."
		case slices.ContainsFunc(v.Findings, func(f finding.Finding) bool { return f.Severity == finding.Error }):
			change.Reason = "The plan without it finds an error that no patch mends."
		case lasting[v.Source]:
			change.Reason = "No node asks for it today, but its images still lack an architecture."
		default:
			change.Action, change.Reason = report.PatchRemoved, "It is no longer needed: the workload runs wherever it can land."
		}
		if change.Action == report.PatchKept {
			kept = append(kept, old)
		}
		x.Changes = append(x.Changes, change)
	}
	return kept, nil
}

// renamed notes a patch that goes since the one of the same workload has another name now.
func (x *Fix) renamed(old archpatches.Patch, wanted []wantedPatch) {
	if !slices.ContainsFunc(wanted, func(w wantedPatch) bool { return w.Target == old.Target }) {
		x.Changes = append(x.Changes, report.Patch{Object: old.String(), Action: report.PatchRemoved,
			Reason: "The workload has another name now."})
	}
}

// verdictOf is the verdict on the workload that a patch of the file is for, or nil.
func (x *Fix) verdictOf(old archpatches.Patch) *placement.Verdict {
	for i, v := range x.Verdicts {
		for _, o := range x.Objects {
			if o.Unstructured == v.Object && o.GetKind() == old.Kind &&
				slices.ContainsFunc(namings(o, v.Object), func(n [2]string) bool {
					return n == [2]string{old.Namespace, old.Name}
				}) {
				return &x.Verdicts[i]
			}
		}
	}
	return nil
}

// notRead are the images of a workload that could not be read.
func (x *Fix) notRead(v *placement.Verdict) (list []string) {
	if v == nil {
		return nil
	}
	offers := x.Offers(v.Images)
	for _, image := range v.Images {
		if _, known := offers[image]; !known {
			list = append(list, image)
		}
	}
	return list
}

// lasting are the workloads that would need a patch if the cluster had nodes of all the input's platforms.
func (x *Fix) lasting(ctx context.Context) (map[*unstructured.Unstructured]bool, error) {
	request := x.Planned
	request.Pools = append(slices.Clone(request.Pools), pool.OfPlatforms(x.Platforms)...)
	request.Room, request.Policy = false, placement.Pin
	request.Foreign = x.Foreign(ctx, pool.PlatformsOf(request.Cluster.Nodes, request.Pools))
	verdicts, err := placement.Plan(ctx, request)
	lasting := map[*unstructured.Unstructured]bool{}
	for _, v := range verdicts {
		lasting[v.Source] = lasting[v.Source] || v.Patched
	}
	return lasting, err
}

func idOf(obj *unstructured.Unstructured) string { return object.ID(obj.GroupVersionKind(), obj) }
