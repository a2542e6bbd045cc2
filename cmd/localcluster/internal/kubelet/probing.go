package kubelet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/kubelet/events"
	kubeprobe "k8s.io/kubernetes/pkg/probe"
	httpprobe "k8s.io/kubernetes/pkg/probe/http"
)

// probe probes one container until it dies: first its startup probe, then the others. Exec probes are judged by the
// program they would start. Nothing listens in a stand-in's container: all others succeed as long as its process lives.
func (w *worker) probe(ctx context.Context, c *corev1.Container, created *container) {
	id := uri(created.id)
	defer w.probes.forget(id)
	if c.StartupProbe != nil {
		w.watchProbe(ctx, "Startup", c.StartupProbe, c, created, func(healthy bool) (more bool) {
			if !healthy {
				w.killUnhealthy(ctx, c, created, "startup")
			}
			return false
		})
		w.probes.set(id, probeResult{started: true, ready: c.ReadinessProbe == nil})
	}
	var others sync.WaitGroup
	if c.ReadinessProbe != nil {
		others.Go(func() {
			w.watchProbe(ctx, "Readiness", c.ReadinessProbe, c, created, func(healthy bool) (more bool) {
				w.probes.set(id, probeResult{started: true, ready: healthy})
				return true
			})
		})
	}
	if c.LivenessProbe != nil {
		others.Go(func() {
			w.watchProbe(ctx, "Liveness", c.LivenessProbe, c, created, func(healthy bool) (more bool) {
				if !healthy {
					w.killUnhealthy(ctx, c, created, "liveness")
				}
				return healthy
			})
		})
	}
	others.Wait()
	<-created.done
}

// watchProbe runs one probe again and again and passes its verdicts on, each time its threshold is reached.
func (w *worker) watchProbe(ctx context.Context, kind string, probe *corev1.Probe, c *corev1.Container,
	created *container, verdict func(healthy bool) (more bool)) {
	period := time.Duration(max(probe.PeriodSeconds, 1)) * time.Second
	last, inRow := false, int32(0)
	for alive := wait(ctx, time.Duration(probe.InitialDelaySeconds)*time.Second); alive; alive = wait(ctx, period) {
		healthy := w.probeOnce(ctx, kind, probe, c, created)
		if ctx.Err() != nil {
			return
		}
		if healthy != last {
			last, inRow = healthy, 0
		}
		inRow++
		threshold := max(probe.FailureThreshold, 1)
		if healthy {
			threshold = max(probe.SuccessThreshold, 1)
		}
		if inRow >= threshold && !verdict(healthy) {
			return
		}
	}
}

func (w *worker) probeOnce(ctx context.Context, kind string, probe *corev1.Probe, c *corev1.Container,
	created *container) bool {
	if probe.Exec == nil {
		return w.answers(kind, probe, c, created)
	}
	output, err := w.execIn(ctx, c, created, probe.Exec.Command)
	var exit *exitError
	switch {
	case err == nil:
		return true
	case errors.As(err, &exit):
		w.event(c, corev1.EventTypeWarning, events.ContainerUnhealthy, "%s probe failed: %s", kind, output)
	default:
		w.event(c, corev1.EventTypeWarning, events.ContainerUnhealthy, "%s probe errored and resulted in unknown state: %s",
			kind, err)
	}
	return false
}

// answers reports whether there is a process that could answer a probe over the network. A program for another CPU
// never is one.
func (w *worker) answers(kind string, probe *corev1.Probe, c *corev1.Container, created *container) bool {
	select {
	case <-created.ended:
		w.event(c, corev1.EventTypeWarning, events.ContainerUnhealthy, "%s probe failed: %s", kind,
			refusal(probe, c, w.box.address()))
		return false
	default:
		return true
	}
}

// refusal is what the kubelet gets where nothing listens (pkg/probe of Kubernetes 1.36).
func refusal(p *corev1.Probe, c *corev1.Container, ip string) string {
	const refused = "dial tcp %s: connect: connection refused"
	switch {
	case p.HTTPGet != nil:
		request, err := httpprobe.NewRequestForHTTPGetAction(p.HTTPGet, c, ip, "probe")
		if err != nil {
			return err.Error()
		}
		return fmt.Sprintf("Get %q: "+refused, request.URL, request.URL.Host)
	case p.TCPSocket != nil:
		port, err := kubeprobe.ResolveContainerPort(p.TCPSocket.Port, c)
		if err != nil {
			return err.Error()
		}
		return fmt.Sprintf(refused, net.JoinHostPort(cmp.Or(p.TCPSocket.Host, ip), strconv.Itoa(port)))
	case p.GRPC != nil:
		return fmt.Sprintf("timeout: failed to connect service %q within %ds: context deadline exceeded",
			net.JoinHostPort(ip, strconv.Itoa(int(p.GRPC.Port))), max(p.TimeoutSeconds, 1))
	}
	return ""
}

// killUnhealthy ends a container that a probe gave up on; the next sync starts it anew.
func (w *worker) killUnhealthy(ctx context.Context, c *corev1.Container, created *container, probe string) {
	w.event(c, corev1.EventTypeNormal, events.KillingContainer, "Container %s failed %s probe, will be restarted", c.Name,
		probe)
	end(ctx, created, w.gracePeriod())
}
