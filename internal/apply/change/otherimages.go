package change

import (
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// OtherImage is an image that runs and that the manifest does not name.
type OtherImage struct {
	// Container is the name of the container, or of the volume that has the image's files.
	Container string
	Volume    bool
	// Wanted is the image in the manifest, or "" where the cluster added the container. Runs is the one that the cluster
	// has now, or in a plan would have.
	Wanted, Runs string
}

// OtherImages compares the images of a manifest with those of the object that came of it. An admission webhook may
// have replaced one or added a container, and then what was verified is not what runs. Containers are found wherever a
// kind has them.
func OtherImages(desired, live *unstructured.Unstructured, foreseen func(wanted, runs string) bool) []OtherImage {
	if live == nil {
		return nil
	}
	var others []OtherImage
	eachContainer(desired.Object, live.Object, func(i OtherImage) {
		if i.Runs != "" && i.Runs != i.Wanted && !foreseen(i.Wanted, i.Runs) {
			others = append(others, i)
		}
	})
	return others
}

// Finding reports the image, as one of a workload: its ID, and its name for people.
func (i OtherImage) Finding(id, workload string) finding.Finding {
	f := finding.Finding{
		Code: finding.BinaryUnchecked, Severity: finding.Warning, Object: id, Container: i.Container, Image: i.Runs,
		Fix: "Look for the admission webhook or policy that does so: " +
			"kubectl get mutatingwebhookconfigurations,mutatingadmissionpolicies. ",
	}
	part := "container " + i.Container + " runs"
	if i.Volume {
		f.Container, part = "", "volume "+i.Container+" has the files of"
	}
	if i.Wanted == "" {
		f.Message = fmt.Sprintf("%s: %s %s, which the manifest does not name: "+
			"the cluster added it, and it was not verified.", workload, part, i.Runs)
		f.Fix += "If that is intended, let the webhook answer dry runs (sideEffects: None), so that the plan looks at what " +
			"it adds."
		return f
	}
	f.Message = fmt.Sprintf("%s: %s %s in place of %s: the cluster replaced the image, and this one was "+
		"not verified.", workload, part, i.Runs, i.Wanted)
	f.Fix += "If that is intended, write the image that is to run into the kustomization, so that it is verified."
	return f
}

// volumes is the field of a pod's spec whose items may be an image's files:
// https://kubernetes.io/docs/concepts/storage/volumes/#image
const volumes = "volumes"

// containerLists are the fields of a pod's spec that have images, in the order of messages.
var containerLists = []string{"initContainers", "containers", "ephemeralContainers", volumes}

// eachContainer calls found with each container of a manifest, and then with those that only the live object has: its
// image in each, or "".
func eachContainer(desired, live any, found func(OtherImage)) {
	switch desired := desired.(type) {
	case map[string]any:
		live, _ := live.(map[string]any)
		for _, field := range containerLists {
			eachOf(desired[field], live[field], field == volumes, found)
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

// eachOf is eachContainer for one list.
func eachOf(desired, live any, areVolumes bool, found func(OtherImage)) {
	wants, runs := imagesByContainer(desired), imagesByContainer(live)
	for _, container := range object.Maps(desired) {
		name, _ := container["name"].(string)
		found(OtherImage{name, areVolumes, wants[name], runs[name]})
	}
	for _, container := range object.Maps(live) {
		name, _ := container["name"].(string)
		if _, wanted := wants[name]; !wanted {
			found(OtherImage{name, areVolumes, "", runs[name]})
		}
	}
}

func imagesByContainer(list any) map[string]string {
	images := map[string]string{}
	for _, container := range object.Maps(list) {
		name, _ := container["name"].(string)
		switch image := container["image"].(type) {
		case string:
			images[name] = image
		case map[string]any:
			images[name], _ = image["reference"].(string)
		}
	}
	return images
}
