package kubelet

import (
	"context"
	"maps"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/podstatus"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/probing"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/pulling"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/registration"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/sandbox"
)

// The kubelet's own periods (pkg/kubelet/kubelet.go and pod_workers.go of Kubernetes 1.36).
const (
	relistPeriod = time.Second      // how often the kubelet asks the runtime what changed (PLEG)
	resyncPeriod = time.Minute      // syncFrequency
	retryPeriod  = 10 * time.Second // after a sync that failed without saying when to try again (backOffPeriod)
)

// worker plays one pod. Like the kubelet, it syncs when the API or the runtime changed something, or when time has
// come; each sync first reports what is, then does what is missing.
type worker struct {
	node            *node
	namespace, name string
	pod             atomic.Pointer[corev1.Pod] // the newest
	box             *sandbox.Sandbox
	bell            bell
	probes          *probing.Results
	updates         chan *corev1.Pod // holds the newest pod only
	deleted         chan struct{}    // closed once the pod is to be deleted: what a sync is waiting for no longer matters
	gone            func()           // ends the worker: the pod is not in the API any more

	deleting bool // of update alone

	// Of the worker's goroutine alone.
	reasons map[string]podstatus.Failure // by container: why its last start failed
	images  *pulling.Puller
	written corev1.PodStatus // what the API has

	mu       sync.Mutex
	reported corev1.PodStatus // what the kubelet goes by, written or about to be
}

func newWorker(n *node, pod *corev1.Pod, gone func()) *worker {
	rung := make(bell, 1)
	w := &worker{
		node: n, namespace: pod.Namespace, name: pod.Name, gone: gone,
		box: &sandbox.Sandbox{}, bell: rung, probes: probing.NewResults(rung.ring),
		updates: make(chan *corev1.Pod, 1), deleted: make(chan struct{}),
		reasons: map[string]podstatus.Failure{},
		written: *pod.Status.DeepCopy(), reported: *pod.Status.DeepCopy(),
	}
	w.pod.Store(pod)
	w.images = pulling.New(n.images, w.pod.Load, w.event)
	return w
}

// update hands a newer pod over; an older one that was not looked at yet is dropped. It has one caller at a time.
func (w *worker) update(pod *corev1.Pod) {
	if pod.DeletionTimestamp != nil && !w.deleting {
		w.deleting = true
		close(w.deleted)
	}
	for {
		select {
		case w.updates <- pod:
			return
		case <-w.updates:
		}
	}
}

// run plays the pod until it is deleted or ctx ends.
func (w *worker) run(ctx context.Context) {
	defer w.killAll()
	starting, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-w.deleted:
		case <-ctx.Done():
		}
		cancel()
	}()
	go w.relist(starting)
	timer := time.NewTimer(0)
	defer timer.Stop()
	finished := false
	for {
		select {
		case <-ctx.Done():
			return
		case pod := <-w.updates:
			if !differ(w.pod.Swap(pod), pod) {
				continue
			}
		case <-w.bell:
		case <-timer.C:
		}
		if w.pod.Load().DeletionTimestamp != nil {
			w.terminate(ctx)
			return
		}
		if finished {
			continue
		}
		var again time.Duration
		again, finished = w.sync(ctx, starting)
		timer.Reset(again)
	}
}

// relist rings whenever the runtime changed something since the last look (the kubelet's PLEG). What happens during a
// sync is looked at after it, as on real nodes.
func (w *worker) relist(ctx context.Context) {
	for seen := 0; wait(ctx, relistPeriod); {
		if version := w.box.CurrentVersion(); version != seen {
			seen = version
			w.bell.ring()
		}
	}
}

// bell asks for a sync. Rung twice before it is heard, it counts once.
type bell chan struct{}

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// differ mirrors podsDifferSemantically of the kubelet: a changed status, mostly its own report, is no reason to sync.
func differ(a, b *corev1.Pod) bool {
	return !equality.Semantic.DeepEqual(a.Spec, b.Spec) || !maps.Equal(a.Labels, b.Labels) ||
		!maps.Equal(a.Annotations, b.Annotations) ||
		!equality.Semantic.DeepEqual(a.DeletionTimestamp, b.DeletionTimestamp) ||
		!equality.Semantic.DeepEqual(a.DeletionGracePeriodSeconds, b.DeletionGracePeriodSeconds)
}

// sync brings the pod one step further, and gives up starting containers when starting ends. It returns when to look
// again, and whether the pod has ended for good.
func (w *worker) sync(ctx, starting context.Context) (again time.Duration, finished bool) {
	runtime := w.runtime()
	status := w.apiStatus(runtime, false)
	w.report(ctx, status)
	if status.Phase == corev1.PodSucceeded || status.Phase == corev1.PodFailed {
		w.finish(ctx)
		return resyncPeriod, true
	}
	if len(runtime.SandboxStatuses) == 0 && !w.mountVolumes(starting) {
		return resyncPeriod, false
	}
	if len(runtime.SandboxStatuses) == 0 && !w.hasRuntime(starting) {
		return jitter(retryPeriod), false
	}
	if podstatus.OnlySidecarsLeft(w.pod.Load(), runtime) {
		w.stopAll(ctx, w.gracePeriod())
		w.box.Stop()
		return 0, false
	}
	if w.box.Start(w.node.newIP) {
		runtime = w.runtime()
	}
	started, failures := w.startMissing(starting, runtime)
	if len(failures) == 0 && started > 0 {
		return 0, false // the kubelet asks for a relist at once, and so sees even a short life
	}
	return retryAfter(failures), false
}

// retryAfter mirrors completeWork of the kubelet's pod workers.
func retryAfter(failures []podstatus.Failure) time.Duration {
	if len(failures) == 0 {
		return jitter(resyncPeriod)
	}
	after := retryPeriod
	var until time.Time
	for _, f := range failures {
		if !f.BackoffUntil.IsZero() && (until.IsZero() || f.BackoffUntil.Before(until)) {
			until = f.BackoffUntil
		}
	}
	if !until.IsZero() {
		after = min(max(time.Until(until), 0), resyncPeriod)
	}
	return jitter(after)
}

// jitter adds up to a half, as the kubelet does.
func jitter(d time.Duration) time.Duration {
	return d + time.Duration(rand.Float64()*0.5*float64(d))
}

// finish ends what still runs of a pod that has succeeded or failed, and reports it a last time.
func (w *worker) finish(ctx context.Context) {
	w.stopAll(ctx, w.gracePeriod())
	w.box.Stop()
	w.report(ctx, w.apiStatus(w.runtime(), true))
}

// apiStatus is the pod's status from what the runtime knows. final means that no container will run again.
func (w *worker) apiStatus(runtime *kubecontainer.PodStatus, final bool) corev1.PodStatus {
	return podstatus.View{Pod: w.pod.Load(), Old: w.lastReported(), Runtime: runtime, Failures: w.reasons,
		Probed: w.probes.Of, HostIP: registration.NodeIP, Final: final}.Status()
}

// runtime is what the container runtime knows of the pod.
func (w *worker) runtime() *kubecontainer.PodStatus {
	return w.box.Status(w.pod.Load(), w.node.images.Store, w.node.dialect.User)
}

func (w *worker) lastReported() corev1.PodStatus {
	w.mu.Lock()
	defer w.mu.Unlock()
	return *w.reported.DeepCopy()
}

// wait sleeps for d and reports whether ctx is still alive.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
