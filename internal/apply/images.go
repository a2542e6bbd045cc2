package apply

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// ReplacedImage is an image of a manifest in whose place the API server answered another.
type ReplacedImage struct {
	Container string
	// Wanted is the image in the manifest, Runs the one that the cluster has now, or in a plan would have.
	Wanted, Runs string
}

// podSpecs are where objects of any kind have a pod's spec.
var podSpecs = [][]string{
	{"spec"},
	{"spec", "template", "spec"},
	{"spec", "jobTemplate", "spec", "template", "spec"},
}

// replacedImages compares the images of a manifest with those of the object that came of it. An admission webhook may
// have replaced one, and then what was verified is not what runs.
func replacedImages(desired, live *unstructured.Unstructured, same func(wanted, runs string) bool) []ReplacedImage {
	var replaced []ReplacedImage
	for _, path := range podSpecs {
		for _, list := range []string{"initContainers", "containers"} {
			field := append(append([]string{}, path...), list)
			runs := imagesByContainer(live, field)
			for _, container := range containersIn(desired, field) {
				name, _ := container["name"].(string)
				wanted, _ := container["image"].(string)
				if r := runs[name]; r != "" && wanted != "" && r != wanted && !same(wanted, r) {
					replaced = append(replaced, ReplacedImage{Container: name, Wanted: wanted, Runs: r})
				}
			}
		}
	}
	return replaced
}

func imagesByContainer(u *unstructured.Unstructured, field []string) map[string]string {
	images := map[string]string{}
	for _, container := range containersIn(u, field) {
		name, _ := container["name"].(string)
		images[name], _ = container["image"].(string)
	}
	return images
}

func containersIn(u *unstructured.Unstructured, field []string) []map[string]any {
	if u == nil {
		return nil
	}
	list, _, _ := unstructured.NestedFieldNoCopy(u.Object, field...)
	items, _ := list.([]any)
	var containers []map[string]any
	for _, item := range items {
		if container, ok := item.(map[string]any); ok {
			containers = append(containers, container)
		}
	}
	return containers
}

// imageFindings reports the images that were replaced in what the run has applied, or in a plan would apply.
func (r *run) imageFindings(set ChangeSet) []finding.Finding {
	var findings []finding.Finding
	for i, c := range set {
		t, ok := r.byKey[c.ref.Key()]
		if !ok || c.After == nil {
			continue
		}
		set[i].Replaced = replacedImages(t.desired, c.After, r.opts.SameImage)
		for _, image := range set[i].Replaced {
			findings = append(findings, finding.Finding{
				Code: finding.BinaryUnchecked, Severity: finding.Warning,
				Object: c.Object, Container: image.Container, Image: image.Runs,
				Message: fmt.Sprintf("%s: container %s runs %s in place of %s: "+
					"the cluster replaced the image, and this one was not verified.", t, image.Container, image.Runs, image.Wanted),
				Fix: "Look for the admission webhook or policy that does so: " +
					"kubectl get mutatingwebhookconfigurations,mutatingadmissionpolicies. " +
					"If that is intended, write the image that is to run into the kustomization, so that it is verified.",
			})
		}
	}
	return findings
}
