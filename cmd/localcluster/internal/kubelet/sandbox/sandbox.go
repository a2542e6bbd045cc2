// Package sandbox is what a container runtime knows of pods: their sandboxes, and the containers that run or ran.
package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	runtimeutil "k8s.io/kubernetes/pkg/kubelet/kuberuntime/util"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/containerd"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/logs"
)

// Sandbox is what the container runtime knows of one pod: containers that run or ran, and the pod's address.
type Sandbox struct {
	mu         sync.Mutex
	id, ip     string // empty until the sandbox is made
	ready      bool
	containers []*Container // in the order of their creation
	version    int          // counts changes, for the kubelet's relist
}

// Container is one container of a sandbox, alive or dead.
type Container struct {
	ID, Name string
	Attempt  int
	Image    *containerd.Image
	Log      *logs.Log
	Stop     func()        // SIGTERM; safe to call twice
	Kill     func()        // SIGKILL; safe to call twice
	Ended    chan struct{} // closed by end
	End      func()        // its process has ended, which the runtime notices later; safe to call twice
	Done     chan struct{}

	// Guarded by the sandbox.
	state                      kubecontainer.State
	created, started, finished time.Time
	exitCode                   int
	reason, message            string
}

// New returns a container that was not added yet.
func New(name string, img *containerd.Image) *Container {
	c := &Container{ID: NewID(), Name: name, Image: img, Log: logs.New(), Ended: make(chan struct{}),
		Done: make(chan struct{})}
	c.End = sync.OnceFunc(func() { close(c.Ended) })
	return c
}

// Terminate asks a container to stop, kills it after the grace period or when ctx ends, and waits for its death.
func (c *Container) Terminate(ctx context.Context, grace time.Duration) {
	c.Stop()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.Done:
		return
	case <-timer.C:
	case <-ctx.Done():
	}
	c.Kill()
	<-c.Done
}

// Start makes the sandbox. It reports whether it was not there yet.
func (s *Sandbox) Start(newIP func() string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.id != "" {
		return false
	}
	s.id, s.ip, s.ready = NewID(), newIP(), true
	s.version++
	return true
}

// Stop ends the sandbox; its containers are dead by then.
func (s *Sandbox) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = false
}

// Add adds a container that was created.
func (s *Sandbox) Add(c *Container) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.state, c.created = kubecontainer.ContainerStateCreated, time.Now()
	s.containers = append(s.containers, c)
}

// Running says that a container was started.
func (s *Sandbox) Running(c *Container) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.state, c.started = kubecontainer.ContainerStateRunning, time.Now()
	s.version++
}

// Exited buries a container. Of one name only the newest dead container is kept, as the kubelet has it
// (MaxPerPodContainerCount 1), which is why "kubectl logs --previous" finds nothing right after a crash.
func (s *Sandbox) Exited(c *Container, exitCode int, reason, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.state, c.finished = kubecontainer.ContainerStateExited, time.Now()
	c.exitCode, c.reason, c.message = exitCode, reason, message
	s.containers = slices.DeleteFunc(s.containers, func(old *Container) bool { return old.Name == c.Name && old != c })
	s.version++
	c.Log.Close()
	close(c.Done)
}

// CurrentVersion grows with each change.
func (s *Sandbox) CurrentVersion() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version
}

// Alive returns the containers that run.
func (s *Sandbox) Alive() []*Container {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.containers),
		func(c *Container) bool { return c.state != kubecontainer.ContainerStateRunning })
}

// Address is the pod's; "" before the sandbox is made.
func (s *Sandbox) Address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ip
}

// WithID returns a container that the runtime still knows, or nil.
func (s *Sandbox) WithID(id string) *Container {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.containers {
		if id == URI(c.ID) {
			return c
		}
	}
	return nil
}

// Status is the kubelet's own view of a pod's runtime state, which its status functions read. With user, the runtime
// says as which user a container runs.
func (s *Sandbox) Status(pod *corev1.Pod, images *containerd.Store, user bool) *kubecontainer.PodStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	result := &kubecontainer.PodStatus{ID: pod.UID, Name: pod.Name, Namespace: pod.Namespace}
	if s.id == "" {
		return result
	}
	result.IPs = []string{s.ip}
	result.SandboxStatuses = []*runtimeapi.PodSandboxStatus{s.sandboxStatus(pod)}
	for _, c := range slices.Backward(s.containers) { // the newest first
		status := c.status(images, user)
		result.ContainerStatuses = append(result.ContainerStatuses, status)
	}
	result.ActiveContainerStatuses = result.ContainerStatuses
	return result
}

func (s *Sandbox) sandboxStatus(pod *corev1.Pod) *runtimeapi.PodSandboxStatus {
	state := runtimeapi.PodSandboxState_SANDBOX_NOTREADY
	if s.ready {
		state = runtimeapi.PodSandboxState_SANDBOX_READY
	}
	options := &runtimeapi.NamespaceOption{Network: runtimeutil.NetworkNamespaceForPod(pod)}
	return &runtimeapi.PodSandboxStatus{
		Id: s.id, State: state, Metadata: &runtimeapi.PodSandboxMetadata{},
		Network: &runtimeapi.PodSandboxNetworkStatus{Ip: s.ip},
		Linux:   &runtimeapi.LinuxPodSandboxStatus{Namespaces: &runtimeapi.Namespace{Options: options}},
	}
}

func (c *Container) status(images *containerd.Store, user bool) *kubecontainer.Status {
	tag, digest := images.Names(c.Image)
	status := &kubecontainer.Status{
		ID: containerID(c.ID), Name: c.Name, State: c.state, RestartCount: c.Attempt,
		Image: tag, ImageID: c.Image.ID.String(), ImageRef: digest,
		CreatedAt: c.created, StartedAt: c.started, FinishedAt: c.finished,
		ExitCode: c.exitCode, Reason: c.reason, Message: c.message,
	}
	if user {
		status.User = &kubecontainer.ContainerUser{Linux: &kubecontainer.LinuxContainerUser{SupplementalGroups: []int64{0}}}
	}
	return status
}

func containerID(id string) kubecontainer.ContainerID {
	return kubecontainer.ContainerID{Type: "containerd", ID: id}
}

// URI names a container as its status does.
func URI(id string) string {
	c := containerID(id)
	return c.String()
}

// NewID is an ID as containerd makes them.
func NewID() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}
