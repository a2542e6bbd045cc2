package apply

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/manifest"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/ownership"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// yieldToAutoscalers leaves the number of replicas to the autoscalers of the set and of the cluster: it is neither set
// nor dropped, since either would take a running app to another size. A new object starts with the manifest's number.
func (r *run) yieldToAutoscalers(scaled []*item) {
	targets := map[object.Key]string{}
	for _, t := range r.items {
		manifest.NoteTarget(targets, t.desired)
	}
	for i := range r.hpas {
		manifest.NoteTarget(targets, &r.hpas[i])
	}
	for _, t := range scaled {
		t.autoscaler = targets[t.Key()]
		if t.autoscaler == "" {
			continue
		}
		spec, _ := t.desired.Object["spec"].(map[string]any)
		number, sets := spec["replicas"]
		if sets {
			r.warnings = append(r.warnings, setsReplicas(t, number))
		}
		if sets && t.live != nil {
			spec = maps.Clone(spec) // it is the caller's
			delete(spec, "replicas")
			t.desired.Object["spec"] = spec
		}
	}
}

func setsReplicas(t *item, number any) finding.Finding {
	return finding.Finding{
		Code: finding.ApplyConflict, Severity: finding.Warning, Object: t.ID(),
		Message: fmt.Sprintf("%s: the manifest sets spec.replicas to %v, but %s sets the number of replicas: "+
			"the live number stays.", t, number, t.autoscaler),
		Fix: "Remove spec.replicas from the manifest.",
	}
}

// scaled returns the items whose number of replicas this run could change, and the namespaces of those on the cluster.
func (r *run) scaled() (items []*item, namespaces map[string]bool) {
	namespaces = map[string]bool{}
	for _, t := range r.items {
		_, sets, _ := unstructured.NestedFieldNoCopy(t.desired.Object, "spec", "replicas")
		owned := t.live != nil && ownership.IsOwned(t.live, "spec", "replicas")
		if sets || owned {
			items = append(items, t)
			namespaces[t.Namespace] = t.live != nil || namespaces[t.Namespace]
		}
	}
	return items, namespaces
}

// autoscalers reads the HorizontalPodAutoscalers of namespaces. Of a namespace in which these credentials may not list
// them it reports that.
func (r *run) autoscalers(ctx context.Context, namespaces map[string]bool) []unstructured.Unstructured {
	mapping, err := r.mapper.RESTMappingWithContext(ctx, manifest.AutoscalerKind.GroupKind())
	if err != nil {
		return nil
	}
	var mu sync.Mutex
	var all []unstructured.Unstructured
	var group errgroup.Group
	group.SetLimit(r.opts.Concurrency)
	for namespace, exists := range namespaces {
		if namespace == "" || !exists {
			continue
		}
		group.Go(func() error {
			ref := server.Ref{Kind: mapping.GroupVersionKind, Resource: mapping.Resource, Namespace: namespace}
			var found []unstructured.Unstructured
			_, err := r.List(ctx, ref, 10_000, func(u *unstructured.Unstructured) { found = append(found, *u) })
			if err != nil {
				text := fmt.Sprintf("warning: whether an autoscaler sets the number of replicas in namespace %s is not known: %v",
					namespace, err)
				r.opts.Progress(progress.Message{Text: text})
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, found...)
			return nil
		})
	}
	_ = group.Wait() // none returns an error
	return all
}
