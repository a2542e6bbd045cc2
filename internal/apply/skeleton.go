package apply

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// Applier applies to one cluster.
type Applier struct{}

// New returns an Applier for the cluster of cfg.
func New(cfg *rest.Config) (*Applier, error) { return nil, nil }

// Plan says what Apply would do, applying nothing.
func (a *Applier) Plan(ctx context.Context, objects []*unstructured.Unstructured, opts Options) (ChangeSet, []finding.Finding, error) {
	return nil, nil, nil
}

// Apply applies objects.
func (a *Applier) Apply(ctx context.Context, objects []*unstructured.Unstructured, opts Options) (ChangeSet, []finding.Finding, error) {
	return nil, nil, nil
}

// Rollback takes back what changes says.
func (a *Applier) Rollback(ctx context.Context, changes ChangeSet, opts Options) (ChangeSet, error) {
	return nil, nil
}

// Prune deletes what earlier runs applied and objects no longer has.
func (a *Applier) Prune(ctx context.Context, objects []*unstructured.Unstructured, opts Options) (ChangeSet, []finding.Finding, error) {
	return nil, nil, nil
}

// Diff shows how two states of an object differ.
func Diff(before, after *unstructured.Unstructured) string { return "" }
