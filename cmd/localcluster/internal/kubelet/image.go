package kubelet

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/kubelet/events"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/containerd"
)

// ensureImage mirrors EnsureImageExists of the kubelet's image manager. Without a container the image is for a volume.
func (w *worker) ensureImage(ctx context.Context, c *corev1.Container, image string,
	policy corev1.PullPolicy) (*containerd.Image, *startFailure) {
	ref, err := name.ParseReference(image)
	if err != nil {
		message := fmt.Sprintf("Failed to apply default image tag %q: couldn't parse image name %q: %v", image, image, err)
		w.event(c, corev1.EventTypeWarning, events.FailedToInspectImage, "%s", message)
		return nil, &startFailure{reason: reasonInvalidImage, message: message}
	}
	present := w.node.images.Get(containerd.Name(ref))
	switch {
	case present != nil && policy != corev1.PullAlways:
		w.event(c, corev1.EventTypeNormal, events.PulledImage, "Container image %q already present on machine and can be "+
			"accessed by the pod", image)
		return present, nil
	case policy == corev1.PullNever:
		message := fmt.Sprintf("Container image %q is not present with pull policy of Never", image)
		w.event(c, corev1.EventTypeWarning, events.ErrImageNeverPullPolicy, "%s", message)
		return nil, &startFailure{reason: reasonNeverPull, message: message}
	}
	return w.pullImage(ctx, c, withTag(image, ref))
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
func (w *worker) pullImage(ctx context.Context, c *corev1.Container, ref string) (*containerd.Image, *startFailure) {
	key := string(w.pod.Load().UID) + "_" + ref
	if w.node.pulls.IsInBackOffSinceUpdate(key, time.Now()) {
		message := fmt.Sprintf("Back-off pulling image %q", ref)
		w.event(c, corev1.EventTypeNormal, events.BackOffPullImage, "%s", message)
		return nil, &startFailure{reason: reasonPullBackOff, message: message + ": " + w.pullErrors[key]}
	}
	w.event(c, corev1.EventTypeNormal, events.PullingImage, "Pulling image %q", ref)
	asked := time.Now()
	img, took, err := w.pull(ctx, ref)
	if err != nil {
		w.event(c, corev1.EventTypeWarning, events.FailedToPullImage, "Failed to pull image %q: %v", ref, err)
		w.node.pulls.Next(key, time.Now())
		w.pullErrors[key] = reasonPull + ": " + err.Error()
		return nil, &startFailure{reason: reasonPull, message: err.Error()}
	}
	w.event(c, corev1.EventTypeNormal, events.PulledImage, "Successfully pulled image %q in %v (%v including waiting). "+
		"Image size: %v bytes.",
		ref, took.Truncate(time.Millisecond), time.Since(asked).Truncate(time.Millisecond), img.Size)
	return img, nil
}

// pull waits for the node's turn first: one image is pulled after the other.
func (w *worker) pull(ctx context.Context, ref string) (*containerd.Image, time.Duration, error) {
	select {
	case w.node.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	defer func() { <-w.node.turn }()
	begun := time.Now()
	auth, err := credentials(ctx, w.node.client, w.pod.Load(), ref)
	if err != nil {
		return nil, 0, err
	}
	p, err := w.node.puller.Pull(ctx, ref, auth)
	if err != nil {
		return nil, 0, err
	}
	return w.node.images.Add(p), time.Since(begun), nil
}
