package workloads

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// kind is one whose objects are listed.
type kind struct {
	schema.GroupVersionKind
	// plural is the name of its list: "deployments".
	plural string
	// wide: its objects are in no namespace.
	wide bool
}

func (k kind) resource() schema.GroupVersionResource { return k.GroupVersion().WithResource(k.plural) }

// label names the list for people, as kubectl does: "deployments", "scaledjobs.keda.sh".
func (k kind) label(own bool) string {
	if own {
		return k.resource().GroupResource().String()
	}
	return k.plural
}

// schemaReaders is how many documents of schemas are read side by side. Each may have megabytes.
const schemaReaders = 2

// ownKinds are the cluster's own kinds whose objects may have pod templates, as their schemas say. Every user may read
// these. Those of no namespace are among them where all namespaces are asked for. What can't be found out is Missing.
func (c *Controllers) ownKinds(ctx context.Context) (own []kind) {
	served, err := c.client.kinds.ServerPreferredResourcesWithContext(ctx)
	if err != nil { // of some groups perhaps, such as one whose API server is down
		c.Missing = append(c.Missing, Missing{What: "some kinds of the cluster", Err: err})
	}
	byVersion := map[schema.GroupVersion][]kind{}
	for _, list := range served {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil || !c.opts.Own(version.Group) {
			continue
		}
		for _, r := range list.APIResources {
			asked := r.Namespaced || len(c.opts.Namespaces) == 0
			if asked && slices.Contains(r.Verbs, "list") && !strings.Contains(r.Name, "/") {
				byVersion[version] = append(byVersion[version], kind{version.WithKind(r.Kind), r.Name, !r.Namespaced})
			}
		}
	}
	var group errgroup.Group
	var lock sync.Mutex
	group.SetLimit(schemaReaders)
	for version, kinds := range byVersion {
		group.Go(func() error {
			found, err := c.withTemplates(ctx, version, kinds)
			lock.Lock()
			defer lock.Unlock()
			if err != nil {
				c.Missing = append(c.Missing, Missing{What: "the kinds of " + version.String(), Err: err})
			}
			own = append(own, found...)
			return nil
		})
	}
	_ = group.Wait() // errors are Missing
	slices.SortFunc(own, func(a, b kind) int { return strings.Compare(a.label(true), b.label(true)) })
	return own
}

// withTemplates are those of the kinds of one version whose schemas have room for a pod template
// (https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3).
func (c *Controllers) withTemplates(ctx context.Context, version schema.GroupVersion, kinds []kind) ([]kind, error) {
	content, err := c.client.kinds.RESTClient().Get().AbsPath("/openapi/v3/apis/"+version.String()).
		SetHeader("Accept", "application/json").Do(ctx).Raw()
	if err != nil {
		return nil, err
	}
	var document struct {
		Components struct {
			Schemas map[string]json.RawMessage `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(content, &document); err != nil {
		return nil, fmt.Errorf("reading their schemas: %w", err)
	}
	var found []kind
	for _, raw := range document.Components.Schemas {
		var about struct {
			Kinds []schema.GroupVersionKind `json:"x-kubernetes-group-version-kind"`
		}
		if json.Unmarshal(raw, &about) != nil { // a schema that is a boolean
			continue
		}
		at := slices.IndexFunc(kinds, func(k kind) bool { return slices.Contains(about.Kinds, k.GroupVersionKind) })
		if at < 0 {
			continue
		}
		var fields map[string]any
		if err := json.Unmarshal(raw, &fields); err == nil && c.opts.HasRoom(version.Group, fields) {
			found = append(found, kinds[at])
		}
	}
	return found, nil
}
