package apply

import (
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// ReplacedImage is an image of a manifest in whose place the API server answered another.
type ReplacedImage struct {
	Container string
	// Wanted is the image in the manifest, Runs the one that the cluster has now, or in a plan would have.
	Wanted, Runs string
}

// replacedImages compares the images of a manifest with those of the object that came of it. An admission webhook may
// have replaced one, and then what was verified is not what runs. Containers are found wherever a kind has them.
func replacedImages(desired, live *unstructured.Unstructured, same func(wanted, runs string) bool) []ReplacedImage {
	if live == nil {
		return nil
	}
	var replaced []ReplacedImage
	eachContainer(desired.Object, live.Object, func(name, wanted, runs string) {
		if runs != "" && wanted != "" && runs != wanted && !same(wanted, runs) {
			replaced = append(replaced, ReplacedImage{Container: name, Wanted: wanted, Runs: runs})
		}
	})
	return replaced
}

// containerLists are the fields of a pod's spec that have images, in the order of messages.
var containerLists = []string{"initContainers", "containers", "ephemeralContainers"}

// eachContainer calls found with each container of a manifest: its image there, and in the live object, or "".
func eachContainer(desired, live any, found func(name, wanted, runs string)) {
	switch desired := desired.(type) {
	case map[string]any:
		live, _ := live.(map[string]any)
		for _, field := range containerLists {
			runs := imagesByContainer(live[field])
			for _, container := range containersIn(desired[field]) {
				name, _ := container["name"].(string)
				wanted, _ := container["image"].(string)
				found(name, wanted, runs[name])
			}
		}
		for _, field := range slices.Sorted(maps.Keys(desired)) {
			if !slices.Contains(containerLists, field) {
				eachContainer(desired[field], live[field], found)
			}
		}
	case []any:
		live, _ := live.([]any)
		for i := range min(len(desired), len(live)) {
			eachContainer(desired[i], live[i], found)
		}
	}
}

func imagesByContainer(list any) map[string]string {
	images := map[string]string{}
	for _, container := range containersIn(list) {
		name, _ := container["name"].(string)
		images[name], _ = container["image"].(string)
	}
	return images
}

func containersIn(list any) []map[string]any {
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
