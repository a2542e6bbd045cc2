package diagnose

import (
	"fmt"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// pullReasons are the waiting reasons of an image that is not on the node.
// Source: https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/images/types.go
var pullReasons = map[string]bool{
	"ErrImagePull":              true,
	"ImagePullBackOff":          true,
	"InvalidImageName":          true,
	"ErrImageNeverPull":         true,
	"ImageInspectError":         true,
	"RegistryUnavailable":       true,
	"SignatureValidationFailed": true,
}

// The causes a container runtime gives in words only. The order of their tests matters: a registry that hides
// private repositories says "does not exist or may require authorization".
var (
	noPlatform   = regexp.MustCompile(`no match for platform in manifest|no matching manifest for|no image found in (manifest list|image index) for architecture`)
	unauthorized = regexp.MustCompile(`(?i)unauthorized|forbidden|\bdenied\b|authorization failed|no basic auth credentials|authentication required`)
	notFound     = regexp.MustCompile(`(?i)not found|notfound|manifest[ _]unknown|name[ _]unknown|does not exist`)
	quoted       = regexp.MustCompile(`"[^"]*"`)
)

// unpulled diagnoses a container that waits for its image. A missing platform, image or permission stays missing until
// somebody pushes or grants it; an unreachable registry may come back, so that one is left to the deadline.
func (c container) unpulled(waiting *corev1.ContainerStateWaiting) finding.Diagnosis {
	text := c.pullError(waiting)
	if volume := c.imageVolume(text); volume.Name != "" {
		c.Image, c.volume = volume.Image.Reference, volume.Name
	}
	words := c.withoutReference(text)
	image := short(c.Image)
	switch {
	case waiting.Reason == "InvalidImageName":
		return permanent(c.finding(finding.ImagePull, fmt.Sprintf("%q is not an image reference.", c.Image),
			"Correct the image name: REGISTRY/REPOSITORY:TAG, in lower case."))
	case waiting.Reason == "ErrImageNeverPull":
		return permanent(c.finding(finding.ImagePull, "image "+image+" is not on the node, and imagePullPolicy Never "+
			"forbids to pull it.",
			"Set imagePullPolicy: IfNotPresent."))
	case noPlatform.MatchString(words):
		return permanent(c.platformMissing())
	case unauthorized.MatchString(words):
		return permanent(c.finding(finding.ImageUnauthorized,
			"the registry refuses to hand out image "+image+": "+finding.OneLine(text),
			"Let the nodes pull it: the AcrPull role for the kubelet identity (AKS), Artifact Registry Reader for the node "+
				"service account (GKE), or imagePullSecrets in the pod spec. Check the name, too: some registries answer so for "+
				"what does not exist."))
	case notFound.MatchString(words):
		return permanent(c.finding(finding.ImageNotFound, "the registry has no image "+image+".",
			"Push the image, or correct its repository and tag."))
	}
	return finding.Diagnosis{Finding: c.finding(finding.ImagePull,
		"image "+image+" cannot be pulled: "+finding.OneLine(text),
		"Check that the node reaches the registry (name, network, proxy, certificate).")}
}

// imageVolume returns the volume whose image an error of a pull is about: the kubelet reports it at the containers.
func (c container) imageVolume(text string) corev1.Volume {
	if strings.Contains(text, c.Image) {
		return corev1.Volume{}
	}
	for _, v := range c.pod.Spec.Volumes {
		if v.Image != nil && v.Image.Reference != "" && strings.Contains(text, v.Image.Reference) {
			return v
		}
	}
	return corev1.Volume{}
}

func (c container) platformMissing() *finding.Finding {
	what := "the image has no entry for this node's platform, so it cannot be pulled."
	if c.architecture != "" {
		what = fmt.Sprintf("the image has no entry for linux/%s, so it cannot be pulled.", c.architecture)
	}
	image := c.image()
	if len(image.Platforms) > 0 {
		what += fmt.Sprintf(" Image %s offers %s only.", short(c.Image), image)
	} else {
		what += fmt.Sprintf(" Image: %s.", short(c.Image))
	}
	return c.finding(finding.PlatformMissing, what, buildOrKeepAway(image, c.architecture))
}

// pullError is the runtime's own error. A kubelet before 1.30 leaves it out while it backs off, and then only the
// event of the last try has it.
func (c container) pullError(waiting *corev1.ContainerStateWaiting) string {
	if waiting.Reason != "ImagePullBackOff" || strings.Contains(waiting.Message, "ErrImagePull") {
		return waiting.Message
	}
	for _, text := range c.events("Failed") {
		if strings.HasPrefix(text, "Failed to pull image") {
			return text
		}
	}
	return waiting.Message
}

// withoutReference drops quoted text and the image's name, so that a repository named "denied" proves nothing.
func (c container) withoutReference(text string) string {
	return strings.ReplaceAll(quoted.ReplaceAllString(text, ""), c.Image, "")
}

func (c container) image() platform.Offer {
	if c.ev.Image == nil {
		return platform.Offer{}
	}
	image, _ := c.ev.Image(c.Image)
	return image
}
