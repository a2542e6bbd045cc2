package probing

import (
	"sync"

	corev1 "k8s.io/api/core/v1"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/podstatus"
)

// Results are the probe results of one pod's containers.
type Results struct {
	changed func() // called when a result changed

	mu      sync.Mutex
	results map[string]podstatus.Probed // by container ID
}

// NewResults calls changed whenever a result changes.
func NewResults(changed func()) *Results {
	return &Results{changed: changed, results: map[string]podstatus.Probed{}}
}

// Expect makes room for a new container: what has no probe counts as started and ready.
func (p *Results) Expect(id string, c *corev1.Container) {
	p.set(id, podstatus.Probed{Started: c.StartupProbe == nil, Ready: c.StartupProbe == nil && c.ReadinessProbe == nil})
}

func (p *Results) set(id string, result podstatus.Probed) {
	p.mu.Lock()
	old, known := p.results[id]
	p.results[id] = result
	p.mu.Unlock()
	if known && old != result {
		p.changed()
	}
}

func (p *Results) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.results, id)
}

// Of is the result of a container, by its ID.
func (p *Results) Of(id string) podstatus.Probed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.results[id]
}

// Started reports whether a container runs and has passed its startup probe.
func (p *Results) Started(_ *corev1.Container, status *kubecontainer.Status) bool {
	return status.State == kubecontainer.ContainerStateRunning && p.Of(status.ID.String()).Started
}
