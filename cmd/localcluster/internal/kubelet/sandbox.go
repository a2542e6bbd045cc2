package kubelet

import (
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
)

// sandbox is what the container runtime knows of one pod: containers that run or ran, and the pod's address.
type sandbox struct {
	mu         sync.Mutex
	id, ip     string // empty until the sandbox is made
	ready      bool
	containers []*container // in the order of their creation
	version    int          // counts changes, for the kubelet's relist
}

// container is one container of a sandbox, alive or dead.
type container struct {
	id, name string
	attempt  int
	image    *containerd.Image
	log      *containerLog
	stop     func()        // SIGTERM; safe to call twice
	kill     func()        // SIGKILL; safe to call twice
	ended    chan struct{} // closed by end
	end      func()        // its process has ended, which the runtime notices later; safe to call twice
	done     chan struct{}

	// Guarded by the sandbox.
	state                      kubecontainer.State
	created, started, finished time.Time
	exitCode                   int
	reason, message            string
}

func newContainer(name string, img *containerd.Image) *container {
	c := &container{id: newID(), name: name, image: img, log: newLog(), ended: make(chan struct{}),
		done: make(chan struct{})}
	c.end = sync.OnceFunc(func() { close(c.ended) })
	return c
}

// start makes the sandbox. It reports whether it was not there yet.
func (s *sandbox) start(newIP func() string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.id != "" {
		return false
	}
	s.id, s.ip, s.ready = newID(), newIP(), true
	s.version++
	return true
}

// stop ends the sandbox; its containers are dead by then.
func (s *sandbox) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = false
}

func (s *sandbox) add(c *container) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.state, c.created = kubecontainer.ContainerStateCreated, time.Now()
	s.containers = append(s.containers, c)
}

func (s *sandbox) running(c *container) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.state, c.started = kubecontainer.ContainerStateRunning, time.Now()
	s.version++
}

// exited buries a container. Of one name only the newest dead container is kept, as the kubelet has it
// (MaxPerPodContainerCount 1), which is why "kubectl logs --previous" finds nothing right after a crash.
func (s *sandbox) exited(c *container, exitCode int, reason, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.state, c.finished = kubecontainer.ContainerStateExited, time.Now()
	c.exitCode, c.reason, c.message = exitCode, reason, message
	s.containers = slices.DeleteFunc(s.containers, func(old *container) bool { return old.name == c.name && old != c })
	s.version++
	c.log.close()
	close(c.done)
}

func (s *sandbox) currentVersion() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version
}

// alive returns the containers that run.
func (s *sandbox) alive() []*container {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.containers),
		func(c *container) bool { return c.state != kubecontainer.ContainerStateRunning })
}

func (s *sandbox) address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ip
}

// withID returns a container that the runtime still knows, or nil.
func (s *sandbox) withID(id string) *container {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.containers {
		if id == uri(c.id) {
			return c
		}
	}
	return nil
}

// status is the kubelet's own view of a pod's runtime state, which its status functions read.
func (s *sandbox) status(pod *corev1.Pod, n *node) *kubecontainer.PodStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	result := &kubecontainer.PodStatus{ID: pod.UID, Name: pod.Name, Namespace: pod.Namespace}
	if s.id == "" {
		return result
	}
	result.IPs = []string{s.ip}
	result.SandboxStatuses = []*runtimeapi.PodSandboxStatus{s.sandboxStatus(pod)}
	for _, c := range slices.Backward(s.containers) { // the newest first
		status := c.status(n)
		result.ContainerStatuses = append(result.ContainerStatuses, status)
	}
	result.ActiveContainerStatuses = result.ContainerStatuses
	return result
}

func (s *sandbox) sandboxStatus(pod *corev1.Pod) *runtimeapi.PodSandboxStatus {
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

func (c *container) status(n *node) *kubecontainer.Status {
	tag, digest := n.images.Names(c.image)
	status := &kubecontainer.Status{
		ID: containerID(c.id), Name: c.name, State: c.state, RestartCount: c.attempt,
		Image: tag, ImageID: c.image.ID.String(), ImageRef: digest,
		CreatedAt: c.created, StartedAt: c.started, FinishedAt: c.finished,
		ExitCode: c.exitCode, Reason: c.reason, Message: c.message,
	}
	if n.dialect.User {
		status.User = &kubecontainer.ContainerUser{Linux: &kubecontainer.LinuxContainerUser{SupplementalGroups: []int64{0}}}
	}
	return status
}

func containerID(id string) kubecontainer.ContainerID {
	return kubecontainer.ContainerID{Type: "containerd", ID: id}
}

// uri names a container as its status does.
func uri(id string) string {
	c := containerID(id)
	return c.String()
}

func newID() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}
