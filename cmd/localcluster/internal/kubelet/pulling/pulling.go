// Package pulling has the images of a node's pods pulled, as the kubelet's image manager does.
package pulling

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/kubernetes/pkg/kubelet/events"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/containerd"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/podstatus"
)

// Node is what all pods of a node share of its images.
type Node struct {
	// Store has the images that were pulled.
	Store   *containerd.Store
	client  kubernetes.Interface
	puller  containerd.Puller
	backOff *flowcontrol.Backoff
	// turn: the kubelet pulls one image after the other (serializeImagePulls).
	turn chan struct{}
}

// NewNode returns a node without images. Failed pulls wait by backOff.
func NewNode(client kubernetes.Interface, puller containerd.Puller, backOff *flowcontrol.Backoff) *Node {
	return &Node{Store: containerd.NewStore(), client: client, puller: puller, backOff: backOff,
		turn: make(chan struct{}, 1)}
}

// Puller pulls the images of one pod. It is for one goroutine.
type Puller struct {
	node *Node
	pod  func() *corev1.Pod
	// event records an event of a container, or of the pod where that is nil.
	event func(c *corev1.Container, kind, reason, message string, args ...any)
	// errors are how the last pulls failed, by pod and image.
	errors map[string]string
}

// New returns what pulls for a pod, of which there may be a newer one each time, and reports events.
func New(node *Node, pod func() *corev1.Pod,
	event func(c *corev1.Container, kind, reason, message string, args ...any)) *Puller {
	return &Puller{node: node, pod: pod, event: event, errors: map[string]string{}}
}

// Ensure mirrors EnsureImageExists of the kubelet's image manager. Without a container the image is for a volume.
func (p *Puller) Ensure(ctx context.Context, c *corev1.Container, image string,
	policy corev1.PullPolicy) (*containerd.Image, *podstatus.Failure) {
	ref, err := name.ParseReference(image)
	if err != nil {
		message := fmt.Sprintf("Failed to apply default image tag %q: couldn't parse image name %q: %v", image, image, err)
		p.event(c, corev1.EventTypeWarning, events.FailedToInspectImage, "%s", message)
		return nil, &podstatus.Failure{Reason: podstatus.ReasonInvalidImage, Message: message}
	}
	present := p.node.Store.Get(containerd.Name(ref))
	switch {
	case present != nil && policy != corev1.PullAlways:
		p.event(c, corev1.EventTypeNormal, events.PulledImage, "Container image %q already present on machine and can be "+
			"accessed by the pod", image)
		return present, nil
	case policy == corev1.PullNever:
		message := fmt.Sprintf("Container image %q is not present with pull policy of Never", image)
		p.event(c, corev1.EventTypeWarning, events.ErrImageNeverPullPolicy, "%s", message)
		return nil, &podstatus.Failure{Reason: podstatus.ReasonNeverPull, Message: message}
	}
	return p.pullImage(ctx, c, withTag(image, ref))
}

// withTag adds ":latest" where neither tag nor digest is named.
func withTag(image string, ref name.Reference) string {
	tag, ok := ref.(name.Tag)
	if !ok || strings.HasSuffix(image, ":"+tag.TagStr()) {
		return image
	}
	return image + ":" + tag.TagStr()
}

// pullImage pulls, or waits out the back-off of an earlier failure: 10 s, 20 s, 40 s … up to 5 min.
func (p *Puller) pullImage(ctx context.Context, c *corev1.Container,
	ref string) (*containerd.Image, *podstatus.Failure) {
	key := string(p.pod().UID) + "_" + ref
	if p.node.backOff.IsInBackOffSinceUpdate(key, time.Now()) {
		message := fmt.Sprintf("Back-off pulling image %q", ref)
		p.event(c, corev1.EventTypeNormal, events.BackOffPullImage, "%s", message)
		return nil, &podstatus.Failure{Reason: podstatus.ReasonPullBackOff, Message: message + ": " + p.errors[key]}
	}
	p.event(c, corev1.EventTypeNormal, events.PullingImage, "Pulling image %q", ref)
	asked := time.Now()
	img, took, err := p.pull(ctx, ref)
	if err != nil {
		p.event(c, corev1.EventTypeWarning, events.FailedToPullImage, "Failed to pull image %q: %v", ref, err)
		p.node.backOff.Next(key, time.Now())
		p.errors[key] = podstatus.ReasonPull + ": " + err.Error()
		return nil, &podstatus.Failure{Reason: podstatus.ReasonPull, Message: err.Error()}
	}
	p.event(c, corev1.EventTypeNormal, events.PulledImage, "Successfully pulled image %q in %v (%v including waiting). "+
		"Image size: %v bytes.",
		ref, took.Truncate(time.Millisecond), time.Since(asked).Truncate(time.Millisecond), img.Size)
	return img, nil
}

// pull waits for the node's turn first: one image is pulled after the other.
func (p *Puller) pull(ctx context.Context, ref string) (*containerd.Image, time.Duration, error) {
	select {
	case p.node.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	defer func() { <-p.node.turn }()
	begun := time.Now()
	auth, err := credentials(ctx, p.node.client, p.pod(), ref)
	if err != nil {
		return nil, 0, err
	}
	pulled, err := p.node.puller.Pull(ctx, ref, auth)
	if err != nil {
		return nil, 0, err
	}
	return p.node.Store.Add(pulled), time.Since(begun), nil
}
