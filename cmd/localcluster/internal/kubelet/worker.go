package kubelet

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
)

// The kubelet's own periods (pkg/kubelet/kubelet.go and pod_workers.go of Kubernetes 1.36).
const (
	relistPeriod = time.Second      // how often the kubelet asks the runtime what changed (PLEG)
	resyncPeriod = time.Minute      // syncFrequency
	retryPeriod  = 10 * time.Second // after a sync that failed without saying when to try again (backOffPeriod)
)

// worker plays one pod. Like the kubelet, it syncs when the API or the runtime changed something, or when time has come;
// each sync first reports what is, then does what is missing.
type worker struct {
	node            *node
	namespace, name string
	box             *sandbox
	probes          *probes
	updates         chan *corev1.Pod // holds the newest pod only
	deleted         chan struct{}    // closed once the pod is to be deleted: what a sync is waiting for no longer matters
	gone            func()           // ends the worker: the pod is not in the API any more

	deleting bool // of update alone

	// Of the worker's goroutine alone.
	pod        *corev1.Pod
	reasons    map[string]startFailure // by container: why its last start failed
	pullErrors map[string]string       // by pod and image: how the last pull failed

	mu       sync.Mutex
	reported corev1.PodStatus // as last written to the API
}

func newWorker(n *node, pod *corev1.Pod, gone func()) *worker {
	w := &worker{
		node: n, namespace: pod.Namespace, name: pod.Name, box: &sandbox{}, updates: make(chan *corev1.Pod, 1), deleted: make(chan struct{}), gone: gone,
		probes: newProbes(), pod: pod, reasons: map[string]startFailure{}, pullErrors: map[string]string{}, reported: *pod.Status.DeepCopy(),
	}
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
	syncing, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-w.deleted:
		case <-ctx.Done():
		}
		cancel()
	}()
	relist := time.NewTicker(relistPeriod)
	defer relist.Stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	seen, finished := 0, false
	for {
		select {
		case <-ctx.Done():
			return
		case w.pod = <-w.updates:
		case <-w.probes.changed:
		case <-relist.C:
			if w.box.currentVersion() == seen {
				continue
			}
		case <-timer.C:
		}
		if w.pod.DeletionTimestamp != nil {
			w.terminate(ctx)
			return
		}
		if finished {
			continue
		}
		seen = w.box.currentVersion()
		var again time.Duration
		again, finished = w.sync(syncing)
		timer.Reset(again)
	}
}

// sync brings the pod one step further. It returns when to look again, and whether the pod has ended for good.
func (w *worker) sync(ctx context.Context) (again time.Duration, finished bool) {
	runtime := w.box.status(w.pod, w.node)
	status := w.apiStatus(runtime, false)
	w.report(ctx, status)
	if status.Phase == corev1.PodSucceeded || status.Phase == corev1.PodFailed {
		w.finish(ctx)
		return resyncPeriod, true
	}
	if w.box.start(w.node.newIP) {
		runtime = w.box.status(w.pod, w.node)
	}
	started, failures := w.startMissing(ctx, runtime)
	if len(failures) == 0 && started > 0 {
		return 0, false // the kubelet asks for a relist at once, and so sees even a short life
	}
	return retryAfter(failures), false
}

// retryAfter mirrors completeWork of the kubelet's pod workers.
func retryAfter(failures []startFailure) time.Duration {
	if len(failures) == 0 {
		return jitter(resyncPeriod)
	}
	after := retryPeriod
	var until time.Time
	for _, f := range failures {
		if !f.backoffUntil.IsZero() && (until.IsZero() || f.backoffUntil.Before(until)) {
			until = f.backoffUntil
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
	w.box.stop()
	w.report(ctx, w.apiStatus(w.box.status(w.pod, w.node), true))
}

func (w *worker) lastReported() corev1.PodStatus {
	w.mu.Lock()
	defer w.mu.Unlock()
	return *w.reported.DeepCopy()
}

// find returns the newest container of a name.
func find(runtime *kubecontainer.PodStatus, name string) *kubecontainer.Status {
	return runtime.FindContainerStatusByName(name)
}
