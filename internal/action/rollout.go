package action

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/restmapper"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/snapshot"
	"github.com/multiarch-deploy/multiarch-deploy/internal/diagnose"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

// rollout watches the applied objects until all are ready, or one is sure to fail. A failed rollout is rolled back
// where that was asked for.
func (d *deploy) rollout(ctx context.Context) error {
	result, err := d.watch(ctx, d.changes.Live(), rollout.DefaultOptions())
	d.pods, d.wanted = result.Pods, wantedPods(result)
	d.findings = append(d.findings, d.Located(result.Findings)...) // emitted when they were seen
	d.find(d.Located(d.comparePods(result.Containers))...)
	d.find(d.Located(d.keptImages(ctx, result.Containers))...)
	d.held = slices.ContainsFunc(d.findings, func(f finding.Finding) bool { return f.Code == finding.HeldBack })
	d.say("%s", report.Table(d.report().PlacementTable()))
	return errors.Join(err, d.rollbackAfter(ctx, err, result.Findings))
}

// wantedPods are the pods of the present revision that each workload asks for, by object.ID.
func wantedPods(result rollout.Result) map[string]int64 {
	wanted := map[string]int64{}
	for _, o := range result.Objects {
		if n := o.Wanted - o.HeldBack; n > 0 {
			wanted[o.ID] = n
		}
	}
	return wanted
}

// watch follows objects of the cluster. Discovery waits until now, so that it knows the kinds of CRDs that were
// applied a moment ago.
func (d *deploy) watch(ctx context.Context, objects []*unstructured.Unstructured,
	opts rollout.Options) (rollout.Result, error) {
	client, err := kubernetes.NewForConfig(d.cluster.Config)
	if err != nil {
		return rollout.Result{}, fmt.Errorf("connecting to the cluster: %w", err)
	}
	objectsClient, err := dynamic.NewForConfig(d.cluster.Config)
	if err != nil {
		return rollout.Result{}, fmt.Errorf("connecting to the cluster: %w", err)
	}
	nodes, err := d.waitForNodes()
	if err != nil {
		return rollout.Result{}, err
	}
	joined := snapshot.NewNodes(client, nodes)
	known := memory.NewMemCacheClient(client.Discovery())
	opts.Timeout = d.config.WaitTimeout
	opts.Progress = d.emitLocated
	opts.Architecture = joined.Architecture(ctx)
	opts.Diagnose = d.diagnosePod(diagnose.Evidence{
		Log: diagnose.ClusterLog(client), Lookup: diagnose.ClusterLookup(objectsClient),
	}, joined)
	return rollout.Watch(ctx, rollout.Cluster{
		Client: objectsClient, Mapper: restmapper.NewDeferredDiscoveryRESTMapper(known), Discovery: known,
	}, objects, opts)
}

// emitLocated passes events on, findings with the place where their objects are written.
func (d *deploy) emitLocated(e progress.Event) {
	if found, ok := e.(progress.Found); ok {
		found.Finding = d.Locate(found.Finding)
		e = found
	}
	d.emit(e)
}

// diagnosePod joins what a pod shows with what its image offers and what the cluster is.
func (d *deploy) diagnosePod(ev diagnose.Evidence, nodes *snapshot.Nodes) rollout.Diagnose {
	offers := d.images.Offers(d.references)
	ev.Image = func(reference string) (platform.Offer, bool) { offer, ok := offers[reference]; return offer, ok }
	return func(ctx context.Context, pod *corev1.Pod, events []corev1.Event) finding.Diagnosis {
		ev := ev
		ev.Events, ev.Nodes = events, nodes.Around(ctx, pod.Spec.NodeName)
		return diagnose.Pod(ctx, pod, ev)
	}
}
