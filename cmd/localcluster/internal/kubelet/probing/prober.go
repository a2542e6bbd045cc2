// Package probing probes containers, and keeps what their probes have found.
package probing

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

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/podstatus"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/process"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/sandbox"
)

// Prober probes the containers of one pod.
type Prober struct {
	Results *Results
	// Event records an event of a container.
	Event func(c *corev1.Container, kind, reason, message string, args ...any)
	// Exec plays a command inside of a container; its error is as that of process.Run.
	Exec func(ctx context.Context, c *corev1.Container, created *sandbox.Container, args []string) (string, error)
	// Address is the pod's, grace what a container has to end.
	Address func() string
	Grace   func() time.Duration
}

// Probe probes one container until it dies: first its startup probe, then the others. Exec probes are judged by the
// program they would start. Nothing listens in a stand-in's container: all others succeed as long as its process lives.
func (p *Prober) Probe(ctx context.Context, c *corev1.Container, created *sandbox.Container) {
	id := sandbox.URI(created.ID)
	defer p.Results.forget(id)
	if c.StartupProbe != nil {
		p.watchProbe(ctx, "Startup", c.StartupProbe, c, created, func(healthy bool) (more bool) {
			if !healthy {
				p.killUnhealthy(ctx, c, created, "startup")
			}
			return false
		})
		p.Results.set(id, podstatus.Probed{Started: true, Ready: c.ReadinessProbe == nil})
	}
	var others sync.WaitGroup
	if c.ReadinessProbe != nil {
		others.Go(func() {
			p.watchProbe(ctx, "Readiness", c.ReadinessProbe, c, created, func(healthy bool) (more bool) {
				p.Results.set(id, podstatus.Probed{Started: true, Ready: healthy})
				return true
			})
		})
	}
	if c.LivenessProbe != nil {
		others.Go(func() {
			p.watchProbe(ctx, "Liveness", c.LivenessProbe, c, created, func(healthy bool) (more bool) {
				if !healthy {
					p.killUnhealthy(ctx, c, created, "liveness")
				}
				return healthy
			})
		})
	}
	others.Wait()
	<-created.Done
}

// watchProbe runs one probe again and again and passes its verdicts on, each time its threshold is reached.
func (p *Prober) watchProbe(ctx context.Context, kind string, probe *corev1.Probe, c *corev1.Container,
	created *sandbox.Container, verdict func(healthy bool) (more bool)) {
	period := time.Duration(max(probe.PeriodSeconds, 1)) * time.Second
	last, inRow := false, int32(0)
	for delay := time.Duration(probe.InitialDelaySeconds) * time.Second; ; delay = period {
		select {
		case <-ctx.Done():
			return
		case <-time.After(delay):
		}
		healthy := p.probeOnce(ctx, kind, probe, c, created)
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

func (p *Prober) probeOnce(ctx context.Context, kind string, probe *corev1.Probe, c *corev1.Container,
	created *sandbox.Container) bool {
	if probe.Exec == nil {
		return p.answers(kind, probe, c, created)
	}
	output, err := p.Exec(ctx, c, created, probe.Exec.Command)
	var exit *process.ExitError
	switch {
	case err == nil:
		return true
	case errors.As(err, &exit):
		p.Event(c, corev1.EventTypeWarning, events.ContainerUnhealthy, "%s probe failed: %s", kind, output)
	default:
		p.Event(c, corev1.EventTypeWarning, events.ContainerUnhealthy, "%s probe errored and resulted in unknown state: %s",
			kind, err)
	}
	return false
}

// answers reports whether there is a process that could answer a probe over the network. A program for another CPU
// never is one.
func (p *Prober) answers(kind string, probe *corev1.Probe, c *corev1.Container, created *sandbox.Container) bool {
	select {
	case <-created.Ended:
		p.Event(c, corev1.EventTypeWarning, events.ContainerUnhealthy, "%s probe failed: %s", kind,
			refusal(probe, c, p.Address()))
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
func (p *Prober) killUnhealthy(ctx context.Context, c *corev1.Container, created *sandbox.Container, probe string) {
	p.Event(c, corev1.EventTypeNormal, events.KillingContainer, "Container %s failed %s probe, will be restarted", c.Name,
		probe)
	created.Terminate(ctx, p.Grace())
}
