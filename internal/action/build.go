package action

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/build/assemble"
	"github.com/multiarch-deploy/multiarch-deploy/internal/build/buildkit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/build/cloudbuild"
	"github.com/multiarch-deploy/multiarch-deploy/internal/build/join"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/verify"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/images"
)

// builder builds images side by side, pushes each as an index, and returns the indexes' digests in the order of the
// specs. A *build.Fault or a *build.StepError means that the user's files are at fault, any other error that
// something the build needs has failed.
type builder interface {
	Build(ctx context.Context, specs []build.Spec) ([]v1.Hash, error)
}

// build builds and pushes the images. What is wrong with their files ends the run: the tags still lead to what an
// earlier run pushed.
func (d *deploy) build(ctx context.Context) error {
	specs := specs(d.config.Images)
	if err := d.enterRegistries(ctx, d.config.Images); err != nil { // a refusal now does not cost a build
		return err
	}
	digests, err := d.builder().Build(ctx, specs)
	var fault *build.Fault
	if errors.As(err, &fault) {
		d.find(fault.Findings...)
		return status.OfFindings(fault.Findings)
	}
	if err != nil {
		return d.withGrant(err)
	}
	for i, spec := range specs {
		if spec.ByDigest {
			d.byDigest(spec, digests[i])
		}
		d.built[spec.Reference.Name()] = digests[i]
		d.say("%s@%s", spec.Reference, digests[i])
	}
	return nil
}

// builder is the one that the inputs name.
func (d *deploy) builder() builder {
	if d.config.Join {
		return &join.Builder{Registry: d.images.Registry, Check: d.checkJoined, RemoveParts: d.config.RemoveParts,
			Progress: d.emit}
	}
	if d.config.Assembles() {
		return &assemble.Builder{Registry: d.images.Registry}
	}
	if cloud := d.config.CloudBuild; cloud != nil {
		return &cloudbuild.Builder{Cloud: *cloud, Account: d.google(), Progress: d.emit}
	}
	return &buildkit.Builder{
		Endpoints: d.config.Endpoints,
		Keychain:  d.keychain,
		Registry:  d.images.Registry,
		Getenv:    d.env,
		Progress:  d.emit,
	}
}

// checkJoined verifies an index that no tag leads to yet.
func (d *deploy) checkJoined(ctx context.Context, index name.Digest, platforms []v1.Platform) error {
	refs := []name.Reference{index}
	d.images.Resolve(ctx, refs)
	d.images.Inspect(ctx, refs)
	result := d.images.Result(index)
	if result.Err != nil {
		return result.Err
	}
	findings := slices.DeleteFunc(verify.Image(result.Image, platforms),
		func(f finding.Finding) bool { return f.Severity != finding.Error })
	if len(findings) > 0 {
		return &build.Fault{Findings: findings}
	}
	return nil
}

// byDigest has what was pushed under no tag be looked up by its digest.
func (d *deploy) byDigest(spec build.Spec, digest v1.Hash) {
	for i, image := range d.config.Images {
		if image.Build.Reference == spec.Reference {
			d.config.Images[i].Reference = spec.Reference.Context().Digest(digest.String())
		}
	}
}

// withGrant adds the role that is missing to a push that was refused, where the sign-in knows it.
func (d *deploy) withGrant(err error) error {
	var refused *build.RefusedError
	if !errors.As(err, &refused) {
		return err
	}
	if advice := d.grant(refused.Reference.Context().Name(), true); advice != "" {
		return fmt.Errorf("%w\n%s", err, advice)
	}
	return err
}

// specs are the images to build, each reference once: several names in the manifests may stand for one image.
func specs(images []images.Image) []build.Spec {
	var list []build.Spec
	for _, image := range images {
		known := func(s build.Spec) bool { return s.Reference == image.Build.Reference }
		if !slices.ContainsFunc(list, known) {
			list = append(list, image.Build)
		}
	}
	return list
}
