package kubelet

import (
	"sync"

	corev1 "k8s.io/api/core/v1"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
)

// probes are the probe results of one pod's containers.
type probes struct {
	bell bell // rung when a result changed

	mu      sync.Mutex
	results map[string]probeResult // by container ID
}

type probeResult struct{ started, ready bool }

func newProbes(bell bell) *probes {
	return &probes{bell: bell, results: map[string]probeResult{}}
}

// expect makes room for a new container: what has no probe counts as started and ready.
func (p *probes) expect(id string, c *corev1.Container) {
	p.set(id, probeResult{started: c.StartupProbe == nil, ready: c.StartupProbe == nil && c.ReadinessProbe == nil})
}

func (p *probes) set(id string, result probeResult) {
	p.mu.Lock()
	old, known := p.results[id]
	p.results[id] = result
	p.mu.Unlock()
	if known && old != result {
		p.bell.ring()
	}
}

func (p *probes) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.results, id)
}

func (p *probes) of(id string) probeResult {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.results[id]
}

// started reports whether a container runs and has passed its startup probe.
func (p *probes) started(_ *corev1.Container, status *kubecontainer.Status) bool {
	return status.State == kubecontainer.ContainerStateRunning && p.of(status.ID.String()).started
}
