package action

import (
	"context"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/lookup"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/inspect"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/verify"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
)

// inspectStarts reads what the containers of the manifests start on the platforms of the nodes, which may be something
// else than the command of their image, and returns what the nodes could not load. Images that are no input are read as
// deep as the inputs are; of these no layer is read again.
func (d *deploy) inspectStarts(ctx context.Context,
	nodes []v1.Platform) map[landing.ContainerKey][]landing.Foreign {
	var keys []landing.ContainerKey
	var uses []inspect.Use
	var containers []corev1.Container
	for _, o := range d.Objects {
		for _, t := range template.Of(o.Unstructured) {
			for _, c := range slices.Concat(t.Spec.InitContainers, t.Spec.Containers) {
				if img := d.images.Image(c.Image); img != nil {
					key := landing.ContainerKey{Template: template.KeyOf(o.Unstructured, t), Container: c.Name}
					keys, containers = append(keys, key), append(containers, c)
					uses = append(uses, inspect.Use{Image: img, Starts: lookup.Starts(c), Nodes: nodes})
				}
			}
		}
	}
	foreign := map[landing.ContainerKey][]landing.Foreign{}
	for i, started := range d.images.Inspector.InspectUses(ctx, uses...) {
		foreign[keys[i]] = append(foreign[keys[i]], lookup.ForeignOf(started)...)
		d.reportStarted(uses[i].Image, started)
		d.find(d.Located(lookup.AbsentCommands(keys[i], containers[i], started))...)
	}
	return foreign
}

// reportStarted reports layers that could not be read. What nodes could not load is for the plan to report, where a pod
// can land there.
func (d *deploy) reportStarted(img *image.Image, started inspect.Started) {
	reference := img.Reference.String()
	if started.Err != nil {
		if !d.isInput(img.Reference) {
			d.find(d.UsedBy(reference, d.unreadable(reference, started.Err)))
		}
		return
	}
	for _, f := range verify.Started(started, nil) {
		if f.Code == finding.BinaryUnchecked && f.Severity == finding.Warning && !d.isInput(img.Reference) {
			d.find(d.UsedBy(reference, f))
		}
	}
}
