// Package rollout watches applied objects until each is ready and stays so, or cannot get there.
//
// A container for the wrong CPU is "running, ready" for about a second at each restart, and its Deployment may record
// that the rollout is complete. So no single look decides: every container has to stay up for a while under
// observation. See stability for the rule.
package rollout

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout/follow"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout/streams"
)

// Cluster is what Watch needs of a cluster: the verbs list and watch on the applied kinds that have a status, on
// pods, and on replicasets where a Deployment was applied; on events if allowed. All of it in the objects' namespaces
// only.
type Cluster struct {
	Client dynamic.Interface
	// Mapper must know the applied kinds, those of CRDs applied a moment ago included.
	Mapper meta.RESTMapper
	// Discovery says which custom kinds have a status; nil means all. It must know the kinds that Mapper knows.
	Discovery discovery.ServerResourcesInterface
}

// Options configures Watch. Start from DefaultOptions.
type Options struct {
	// Timeout ends the wait for what is neither ready nor known to have failed. Default 10 minutes.
	Timeout time.Duration
	// StableFor is how long a container must have been running and ready under observation. One that has crashed
	// before must last longer. Default 5 seconds, of which a container for the wrong CPU survives one or two.
	StableFor time.Duration
	// Gather is how long the other pods may show what is wrong with them once one has failed permanently. Default 2
	// seconds.
	Gather time.Duration
	// Diagnose is called for each pod in trouble, again when the pod changes, and by several goroutines at once. The
	// default knows nothing.
	Diagnose Diagnose
	// Architecture returns a node's CPU architecture, or "". The default knows nothing.
	Architecture func(node string) string
	// Progress receives a Status when the picture changes, a Message when a pod's trouble is first seen, and, at the
	// end, a Found for each finding of the result. The default drops them.
	Progress progress.Sink
	// ReplaceStuck deletes pods of an earlier revision that are in trouble and for which a StatefulSet waits, as
	// after a rollback. It needs the verb delete on pods. Default false.
	ReplaceStuck bool
}

// Diagnose says what is wrong with a pod, of which it gets the Warning events, too.
type Diagnose func(ctx context.Context, pod *corev1.Pod, events []corev1.Event) finding.Diagnosis

// DefaultOptions returns the defaults named in Options.
func DefaultOptions() Options {
	return Options{
		Timeout:      10 * time.Minute,
		StableFor:    5 * time.Second,
		Gather:       2 * time.Second,
		Diagnose:     func(context.Context, *corev1.Pod, []corev1.Event) finding.Diagnosis { return finding.Diagnosis{} },
		Architecture: func(string) string { return "" },
		Progress:     progress.Discard,
	}
}

// Result is what was known when the watch ended.
type Result struct {
	// Pods are the pods of the applied workloads' current revision, sorted by namespace and name.
	Pods []Pod
	// Containers are those of these pods, alike ones once.
	Containers []Container
	// Objects are the applied objects in the order given.
	Objects []Object
	// Findings say why it was no success; empty when every object is done. One is for all pods
	// of a workload that fail alike on one architecture.
	Findings []finding.Finding
}

// Pod is one row of the report's "pods".
type Pod struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Workload is the applied object that the pod belongs to, as object.ID writes it.
	Workload     string `json:"workload"`
	Node         string `json:"node"`
	Architecture string `json:"architecture"`
	Ready        bool   `json:"ready"`
	// Reason says why the pod is not ready: a finding's code, or what kubectl shows as its status.
	Reason string `json:"reason"`
}

// Container is one that all pods of a workload have, or some.
type Container struct {
	// Workload is the applied object, as object.ID writes it.
	Workload string
	Name     string
	// Volume means a volume that has the image's files.
	Volume bool
	// Image is that of the pod's spec, and Digest of what the node has pulled for it: object.Container.Digest.
	Image, Digest string
	// Architecture is that of the pod's node, or "".
	Architecture string
}

// Object is the state of one applied object.
type Object struct {
	// ID is the object as object.ID writes it.
	ID string
	// Done means that the object is ready and its pods have lasted.
	Done bool
	// Judged is false where the object's status says nothing about whether it is ready.
	Judged bool
	// Message says why it is in its state, such as "Available: 2/4".
	Message string
	// Wanted is the number of pods that the object asks for, or -1 where it does not say.
	Wanted int64
	// HeldBack is the number of pods that keep an earlier revision because the object asks for it: paused, updated on
	// delete, or behind a partition.
	HeldBack int64
}

// Watch waits until all applied objects are done, one has failed, or the time is over; the last two give findings.
// The objects are as the API server returned them, namespaces set. The error is not nil when the outcome could not be
// seen: ctx's own error, a permission that is missing, a cluster that stays out of reach. The result then holds what
// was known.
func Watch(ctx context.Context, cluster Cluster, applied []*unstructured.Unstructured, opts Options) (Result, error) {
	tr := newTracker(applied, opts)
	tr.noteKinds(cluster.Discovery)
	watched, err := streams.Plan(cluster.Mapper, applied)
	if err != nil {
		return tr.result(), err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	return (&loop{tracker: tr, client: cluster.Client, opts: opts}).run(ctx, follow.Follow(ctx, cluster.Client, watched))
}
