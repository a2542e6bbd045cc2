// Package capacity puts in words which pods of a deploy find no room, and what would help: it has package room foretell
// how many fit today, with the nodes that pools can add, and on the nodes that a workload gives up.
package capacity

import (
	"cmp"
	"context"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodeaffinity"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/room"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

// Deploy is what a forecast is made of.
type Deploy struct {
	// Cluster has all pods that run.
	Cluster schedule.Snapshot
	// Pools are the kinds of nodes that the cluster can have.
	Pools []pool.Pool
	// Objects are those of the deploy, and Unchanged those of them that an apply would leave as they are.
	Objects   []*unstructured.Unstructured
	Unchanged map[*unstructured.Unstructured]bool
	Quotas    []corev1.ResourceQuota
	// Autoscalers are the cluster's. Those among Objects go before them.
	Autoscalers []autoscalingv2.HorizontalPodAutoscaler
	// IsError makes pods that find no room an error; else they are a warning.
	IsError bool
	Storage pods.Storage
	Landing landing.Assessor
}

// Workload is a workload of the deploy as it will be, and what was said of it.
type Workload struct {
	Workload pods.Workload
	// Lands: some nodes could take it. Of a workload that no node would ever take enough has been said.
	Lands bool
	// Findings are those of where it can land.
	Findings []finding.Finding
}

// Answer is what comes of a workload's pods, in numbers and in words.
type Answer struct {
	// Room is nil where no forecast was made.
	Room     *room.Forecast
	Findings []finding.Finding
}

// Foretell returns an answer for each workload of a deploy, in order. Of pods that land nowhere for another reason, and
// of those that another scheduler places, no room is foretold.
func Foretell(ctx context.Context, d Deploy, all []Workload) ([]Answer, error) {
	answers := make([]Answer, len(all))
	var indexes []int
	var placed []pods.Workload
	var workloads []room.Workload
	for i, of := range all {
		if who := room.Decided(&of.Workload.Spec); who != "" {
			found := note(of.Workload, finding.Info, "is not foretold in full: "+who+".")
			found.Code = finding.PlanIncomplete
			answers[i].Findings = append(answers[i].Findings, found)
			continue
		}
		if of.Lands {
			indexes, placed = append(indexes, i), append(placed, of.Workload)
			workloads = append(workloads, d.roomFor(of.Workload))
		}
	}
	forecasts, err := room.Foretell(ctx, d.Cluster, workloads, d.scaling())
	if err != nil {
		return nil, err
	}
	grown, err := d.grown(ctx, forecasts, workloads, all)
	others, err2 := d.elsewhere(ctx, forecasts, placed)
	if err := cmp.Or(err, err2); err != nil {
		return nil, err
	}
	for n, i := range indexes {
		w, said := all[i].Workload, all[i].Findings
		if w.IsDaemonSet() {
			delete(forecasts[n].Why, nodeaffinity.ErrReasonPod) // each of its pods is for one node
		}
		if !waits(said) {
			answers[i].Findings = d.scarce(ctx, w, forecasts[n], grown[n], others[n], awaits(said))
		}
		answers[i].Room = &forecasts[n]
	}
	d.quotas(answers, room.Exceeded(d.Quotas, d.Cluster.Pods, workloads, forecasts), placed, indexes)
	return answers, nil
}

// waits: it was said that all nodes for a workload take no pods now, so there is no room to speak of.
func waits(findings []finding.Finding) bool {
	return slices.ContainsFunc(findings, func(f finding.Finding) bool {
		return f.Code == finding.NoMatchingNode && f.Severity == finding.Warning
	})
}

// awaits: it was said that the workload waits for a pool's first node.
func awaits(findings []finding.Finding) bool {
	return slices.ContainsFunc(findings, func(f finding.Finding) bool { return f.Code == finding.EmptyPool })
}

func (d Deploy) scaling() room.Scaling {
	return room.Scaling{Running: d.Autoscalers, Objects: d.Objects}
}

func (d Deploy) roomFor(w pods.Workload) room.Workload {
	return room.Workload{Object: w.Object, Template: w.Written, Unchanged: d.Unchanged[w.Source] && w.Object == w.Source,
		Pod: func(n int) *corev1.Pod { return w.Pod(n, d.Storage) }}
}
