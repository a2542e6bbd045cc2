package workloads

import (
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// mapper finds the resource of a kind.
type mapper interface {
	RESTMapping(kind schema.GroupKind, versions ...string) (*meta.RESTMapping, error)
}

func newClients(config *rest.Config) (clients, error) {
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return clients{}, err
	}
	alone, err := metadata.NewForConfig(config)
	if err != nil {
		return clients{}, err
	}
	kinds, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return clients{}, err
	}
	lazy := sync.OnceValue(func() mapper {
		return restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(kinds))
	})
	return clients{objects, alone, kinds, lazy}, nil
}
