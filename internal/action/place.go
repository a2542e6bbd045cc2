package action

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// place plans where each workload can run, on the nodes the cluster has now. The images of the manifests that are no
// input are looked up too: a sidecar of somebody else's crashes a pod as well.
func (d *deploy) place(ctx context.Context) error {
	d.inspect(ctx, placement.References(d.unstructured()))
	nodes, err := d.nodes()
	if err != nil {
		return err
	}
	d.report.Nodes = placement.GroupNodes(nodes)
	if len(nodes) == 0 {
		d.find(d.noNodes())
	}
	d.judge(placement.Plan(nodes, d.unstructured(), d.offers(), placement.Policy(d.config.ArchPolicy), d.targets()))
	if table := d.report.PlacementTable(); table != nil {
		d.say("%s", report.Table(table))
	}
	return nil
}

// targets are the names by which patches in the kustomization find the objects.
func (d *deploy) targets() map[*unstructured.Unstructured]placement.Target {
	targets := map[*unstructured.Unstructured]placement.Target{}
	for _, o := range d.objects {
		targets[o.Unstructured] = placement.Target(o.Target)
	}
	return targets
}

// judge takes the verdicts over: what is reported, and what is applied. There is one for each object that makes pods.
func (d *deploy) judge(verdicts []placement.Verdict) {
	for i, o := range d.objects {
		if _, _, makesPods := placement.PodTemplate(o.Unstructured); !makesPods {
			continue
		}
		v := verdicts[0]
		verdicts = verdicts[1:]
		d.objects[i].Unstructured = v.Object
		d.report.Workloads = append(d.report.Workloads, report.Workload{
			Kind: v.Object.GetKind(), Namespace: v.Object.GetNamespace(), Name: v.Object.GetName(),
			Images: v.Images, Architectures: v.Architectures, Fix: v.Fix,
		})
		for _, f := range v.Findings {
			d.find(d.locate(f))
		}
	}
}

// inspect looks up the references that the manifests hold. What can't be read is told, since it can't be planned for.
func (d *deploy) inspect(ctx context.Context, references []string) {
	refs := map[string]name.Reference{}
	var order []name.Reference
	for _, text := range references {
		ref, err := image.ParseReference(text)
		if err != nil {
			d.find(d.uninspected(text, err))
			continue
		}
		refs[text] = ref
		order = append(order, ref)
	}
	d.resolve(ctx, order)
	for _, text := range references {
		if ref, ok := refs[text]; ok && !d.isInput(ref) {
			result := d.resolved[ref.Name()]
			if result.Err != nil {
				d.find(d.uninspected(text, result.Err))
			} else if f, pinned := image.ChildDigest(result.Image, nil); pinned {
				d.find(f)
			}
		}
	}
}

// isInput tells whether the image is one of the inputs, whose problems verify has told already.
func (d *deploy) isInput(ref name.Reference) bool {
	for _, in := range d.config.Images {
		if in.Reference.Name() == ref.Name() {
			return true
		}
	}
	return false
}

// uninspected is a warning: the nodes may reach, or be let into, registries that this program can't. Only where the
// registry itself says that there is no such image, no node will find it, and the policy decides.
func (d *deploy) uninspected(reference string, err error) finding.Finding {
	f, known := d.asFinding(err)
	if !known {
		f = finding.Finding{Code: finding.ImagePull, Message: fmt.Sprintf("Image %s could not be inspected: %v.", reference, err)}
	}
	f.Image = reference
	f.Severity = finding.Warning
	if f.Code == finding.ImageNotFound && d.config.ArchPolicy != string(placement.Warn) {
		f.Severity = finding.Error
	}
	if f.Severity == finding.Warning {
		f.Message += " Its placement is not checked."
	}
	return f
}

// offers says what the registries hold under each reference of the manifests that could be read.
func (d *deploy) offers() map[string]platform.Offer {
	offers := map[string]platform.Offer{}
	for _, text := range placement.References(d.unstructured()) {
		ref, err := image.ParseReference(text)
		if err != nil {
			continue
		}
		if img := d.resolved[ref.Name()].Image; img != nil {
			offers[text] = platform.Offer{Index: img.Index, Platforms: img.Platforms()}
		}
	}
	return offers
}

// noNodes: nothing can run on a cluster without nodes, unless it starts them when pods wait, which policy warn allows.
func (d *deploy) noNodes() finding.Finding {
	f := finding.Finding{
		Code:     finding.NoMatchingNode,
		Severity: finding.Error,
		Message:  fmt.Sprintf("The cluster at %s has no nodes, so no pod can run.", d.cluster.Config.Host),
		Fix:      "Add a node pool. If the cluster starts nodes only when pods wait for them, set arch-policy to warn.",
	}
	if d.config.ArchPolicy == string(placement.Warn) {
		f.Severity = finding.Warning
	}
	return f
}
