package snapshot

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool/provision"
)

// poolsTimeout bounds the reading of pools: the plan is made without them rather than late.
const poolsTimeout = 20 * time.Second

// ReadPools starts to read the pools that the cluster and its cloud know of, and returns a function that waits for
// them.
func ReadPools(ctx context.Context, cluster identity.Cluster) func() ([]pool.Pool, []finding.Finding) {
	wait := sync.OnceValues(func() ([]pool.Pool, []finding.Finding) {
		ctx, cancel := context.WithTimeoutCause(ctx, poolsTimeout, fmt.Errorf("no answer within %s", poolsTimeout))
		defer cancel()
		readings := make([]reading, len(provisioners)+1)
		var group sync.WaitGroup
		for i, p := range provisioners {
			group.Go(func() { readings[i] = p.read(ctx, cluster.Config) })
		}
		group.Go(func() { readings[len(provisioners)] = readCloud(ctx, cluster) })
		group.Wait()
		var pools []pool.Pool
		var findings []finding.Finding
		for _, r := range readings {
			pools = append(pools, r.pools...)
			findings = append(findings, r.findings...)
		}
		return pools, findings
	})
	go wait()
	return wait
}

// reading is what one source has of pools.
type reading struct {
	pools    []pool.Pool
	findings []finding.Finding
}

// readCloud asks the cloud that the cluster is of, where it is signed in to.
func readCloud(ctx context.Context, cluster identity.Cluster) reading {
	if cluster.Pools == nil {
		return reading{}
	}
	pools, err := cluster.Pools(ctx)
	if err != nil {
		return reading{findings: []finding.Finding{unread("the node pools of the cluster's cloud, of which some may have no "+
			"node today", err, "Grant what the message names, or name the pools in expect-nodes.")}}
	}
	return reading{pools: pools}
}

// provisioner is a kind of object in the cluster that says which nodes may be started.
type provisioner struct {
	resources []schema.GroupVersionResource // the same in several versions, the newest first
	what      string
	parse     func(*unstructured.Unstructured) ([]pool.Pool, error)
}

var provisioners = []provisioner{
	{[]schema.GroupVersionResource{{Group: "karpenter.sh", Version: "v1", Resource: "nodepools"},
		{Group: "karpenter.sh", Version: "v1beta1", Resource: "nodepools"}}, "Karpenter's NodePools", provision.NodePools},
	{[]schema.GroupVersionResource{{Group: "cloud.google.com", Version: "v1", Resource: "computeclasses"}},
		"GKE's ComputeClasses", provision.ComputeClasses},
}

// read lists the objects where the cluster knows the kind: it is discovered first, since a kind that is not there may
// not be listed either.
func (p provisioner) read(ctx context.Context, config *rest.Config) reading {
	fix := fmt.Sprintf("Grant list on %s.%s: see docs/rbac.yaml. Or name the pools in expect-nodes.",
		p.resources[0].Resource, p.resources[0].Group)
	served, err := p.served(config)
	if err != nil || served == nil {
		return reading{findings: unreadWhere(err, p.what, fix)}
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return reading{findings: unreadWhere(err, p.what, fix)}
	}
	list, err := client.Resource(*served).List(ctx, metav1.ListOptions{})
	if err != nil {
		return reading{findings: unreadWhere(err, p.what, fix)}
	}
	var r reading
	for i := range list.Items {
		obj := &list.Items[i]
		pools, err := p.parse(obj)
		r.pools = append(r.pools, pools...)
		r.findings = append(r.findings, unreadWhere(err, obj.GetKind()+" "+obj.GetName(),
			"Name its nodes in expect-nodes.")...)
	}
	return r
}

// served is the version in which the cluster has the kind; nil where it has none.
func (p provisioner) served(config *rest.Config) (*schema.GroupVersionResource, error) {
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	for _, resource := range p.resources {
		list, err := client.ServerResourcesForGroupVersion(resource.GroupVersion().String())
		switch {
		case apierrors.IsNotFound(err):
		case err != nil:
			return nil, err
		case slices.ContainsFunc(list.APIResources, func(r metav1.APIResource) bool { return r.Name == resource.Resource }):
			return &resource, nil
		}
	}
	return nil, nil
}

func unreadWhere(err error, what, fix string) []finding.Finding {
	if err == nil {
		return nil
	}
	return []finding.Finding{unread(what, err, fix)}
}

func unread(what string, err error, fix string) finding.Finding {
	return finding.Finding{Code: finding.PlanIncomplete, Severity: finding.Info, Fix: fix,
		Message: fmt.Sprintf("The plan does not look at %s: %v.", what, err)}
}
