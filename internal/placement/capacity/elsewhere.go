package capacity

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/patch"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/room"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// elsewhere is the room for a workload on nodes of architectures that its images run on, and that it gives up.
type elsewhere struct {
	architectures []string
	fit           int // of its pods once it may use these too
}

// elsewhere places the pods again, those that do not all fit on the nodes of every architecture that their images run
// on. A DaemonSet has its pods for each node, whatever room there is on others.
func (d Deploy) elsewhere(ctx context.Context, today []room.Forecast, short []pods.Workload) ([]elsewhere, error) {
	all, some := make([]elsewhere, len(short)), false
	workloads := make([]room.Workload, len(short))
	for i, w := range short {
		workloads[i] = d.roomFor(w)
		if today[i].Err != nil || today[i].Fit >= today[i].Wanted || w.IsDaemonSet() || !d.Landing.Knows(w) {
			continue
		}
		if wider, to := d.widened(ctx, w); len(to) > 0 {
			workloads[i], all[i].architectures, some = d.roomFor(wider), to, true
		}
	}
	if !some {
		return all, nil
	}
	forecasts, err := room.Foretell(ctx, d.Cluster, workloads, d.scaling())
	if err != nil {
		return nil, err
	}
	for i, f := range forecasts {
		all[i].fit = f.Fit
	}
	return all, nil
}

// words are " Or let it use the arm64 nodes, on which its images run too: all 6 fit then.", or "" where that is no
// help.
func (e elsewhere) words(f room.Forecast) string {
	if len(e.architectures) == 0 || e.fit <= f.Fit {
		return ""
	}
	return fmt.Sprintf(" Or let it use the %s nodes, on which its images run too: %s fit then.",
		platform.Conjoin(e.architectures), share(e.fit, f.Wanted))
}

// widened is the workload as it could be on the nodes that only an architecture keeps it off, by a selector, an
// affinity or a taint, and the names of these architectures.
func (d Deploy) widened(ctx context.Context, w pods.Workload) (pods.Workload, []string) {
	s := d.Landing.Assess(ctx, w)
	closed := s.Where(func(at landing.Candidate) bool {
		return at.Pool == nil && at.Known() && d.Landing.IsClosedByArchitecture(w, at)
	})
	if len(closed) == 0 || w.Adder(corev1.LabelArchStable, d.Cluster.Namespaces) != "" {
		return w, nil
	}
	var there, to []string
	var taints []corev1.Taint
	for _, at := range closed {
		to, taints = append(to, at.Architecture), append(taints, at.Barred...)
	}
	for _, at := range s.Where(landing.Candidate.Lands) {
		there = append(there, at.Architecture)
	}
	slices.Sort(to)
	to = slices.Compact(to)
	all := slices.Sorted(slices.Values(slices.Concat(there, to)))
	return patch.Widened(w, slices.Compact(all), node.DistinctTaints(taints)), to
}
