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

// unpulled judges a container that waits for its image. A missing platform, image or permission stays missing until
// somebody pushes or grants it; an unreachable registry may come back, so that one is left to the deadline.
func (s subject) unpulled(waiting *corev1.ContainerStateWaiting) Judgement {
	text := s.pullError(waiting)
	words := s.withoutReference(text)
	image := short(s.container.Image)
	switch {
	case waiting.Reason == "InvalidImageName":
		return Judgement{s.finding(finding.ImagePull, fmt.Sprintf("%q is not an image reference.", s.container.Image),
			"Correct the image name: REGISTRY/REPOSITORY:TAG, in lower case."), true}
	case waiting.Reason == "ErrImageNeverPull":
		return Judgement{s.finding(finding.ImagePull, "image "+image+" is not on the node, and imagePullPolicy Never forbids to pull it.",
			"Set imagePullPolicy: IfNotPresent."), true}
	case noPlatform.MatchString(words):
		return Judgement{s.platformMissing(), true}
	case unauthorized.MatchString(words):
		return Judgement{s.finding(finding.ImageUnauthorized, "the registry refuses to hand out image "+image+": "+oneLine(text),
			"Let the nodes pull it: the AcrPull role for the kubelet identity (AKS), Artifact Registry Reader for the node service account (GKE), or imagePullSecrets in the pod spec. Check the name, too: some registries answer so for what does not exist."), true}
	case notFound.MatchString(words):
		return Judgement{s.finding(finding.ImageNotFound, "the registry has no image "+image+".",
			"Push the image, or correct its repository and tag."), true}
	}
	return Judgement{Finding: s.finding(finding.ImagePull, "image "+image+" cannot be pulled: "+oneLine(text),
		"Check that the node reaches the registry (name, network, proxy, certificate).")}
}

func (s subject) platformMissing() *finding.Finding {
	what := "the image has no entry for this node's platform, so it cannot be pulled."
	if s.architecture != "" {
		what = fmt.Sprintf("the image has no entry for linux/%s, so it cannot be pulled.", s.architecture)
	}
	image := s.image()
	if len(image.Platforms) > 0 {
		what += fmt.Sprintf(" Image %s offers %s only.", short(s.container.Image), image)
	} else {
		what += fmt.Sprintf(" Image: %s.", short(s.container.Image))
	}
	return s.finding(finding.PlatformMissing, what, buildOrKeepAway(image, s.architecture))
}

// pullError is the runtime's own error. A kubelet before 1.30 leaves it out while it backs off, and then only the
// event of the last try has it.
func (s subject) pullError(waiting *corev1.ContainerStateWaiting) string {
	if waiting.Reason != "ImagePullBackOff" || strings.Contains(waiting.Message, "ErrImagePull") {
		return waiting.Message
	}
	for _, text := range s.events("Failed") {
		if strings.HasPrefix(text, "Failed to pull image") {
			return text
		}
	}
	return waiting.Message
}

// withoutReference drops quoted text and the image's name, so that a repository named "denied" proves nothing.
func (s subject) withoutReference(text string) string {
	return strings.ReplaceAll(quoted.ReplaceAllString(text, ""), s.container.Image, "")
}

func (s subject) image() platform.Offer {
	if s.ev.Image == nil {
		return platform.Offer{}
	}
	image, _ := s.ev.Image(s.container.Image)
	return image
}
