package action

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// deploy is one run: what it was told, what the steps hand to one another, and what is reported.
type deploy struct {
	config inputs.Config
	// identity says what to sign in to, which makes cluster and the registries' keychain.
	identity identity.Options
	cluster  identity.Cluster
	applier  *apply.Applier
	emit     progress.Sink
	report   *report.Report

	// target is where the images are recorded.
	target target

	// inventory names this deploy, so that prune knows what is its own.
	inventory string

	// getenv looks up what builders need to know of the machine.
	getenv func(string) string

	// resolved holds each image reference that was looked up, by its full name, so that none is looked up twice.
	resolved map[string]image.Result
	registry *registry.Client
	resolver *image.Client
	keychain authn.Keychain

	// built are the digests of the indexes that this run has pushed, by the full name of their references.
	built map[string]v1.Hash

	// grant says what lets this run pull a repository, or push to it, that its registry refuses, or "".
	grant func(repository string, push bool) string

	// nodes waits for the cluster's nodes, which are read while the images are verified.
	nodes func() ([]corev1.Node, error)

	manifests
}

// newDeploy prepares a run.
func newDeploy(config inputs.Config, emit progress.Sink) *deploy {
	return &deploy{config: config, emit: emit, report: report.New(), resolved: map[string]image.Result{}, built: map[string]v1.Hash{}}
}

// takes tells whether a step is among the steps.
func takes(steps []step, wanted step) bool {
	return slices.ContainsFunc(steps, func(s step) bool { return s.name == wanted.name })
}

// find notes findings, and tells of each at once.
func (d *deploy) find(findings ...finding.Finding) {
	d.report.Add(findings...)
	for _, f := range findings {
		d.emit(progress.Found{Finding: f})
	}
}

// say keeps a line, or a table, in the log.
func (d *deploy) say(format string, args ...any) {
	d.emit(progress.Message{Text: fmt.Sprintf(format, args...)})
}

// resolve looks references up, side by side, and each only once in a run.
func (d *deploy) resolve(ctx context.Context, refs []name.Reference) {
	var unknown []name.Reference
	for _, ref := range refs {
		if _, known := d.resolved[ref.Name()]; !known {
			unknown = append(unknown, ref)
		}
	}
	for i, result := range d.resolver.Resolve(ctx, unknown) {
		d.resolved[unknown[i].Name()] = result
	}
}

// asFinding returns the finding that an error is about, if it is about one. Where the sign-in knows which role is
// missing, the finding says so.
func (d *deploy) asFinding(err error) (finding.Finding, bool) {
	var refused *image.Error
	if !errors.As(err, &refused) {
		return finding.Finding{}, false
	}
	f := refused.Finding()
	if f.Code == finding.ImageUnauthorized {
		f.Fix = cmp.Or(d.grant(refused.Reference.Context().Name(), false), f.Fix)
	}
	return f, true
}
