package apply

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/foresee"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

// Applier applies objects to one cluster. It may be used by several goroutines at once.
type Applier struct {
	*server.Server
	schemas *foresee.Schemas
	// warm is the first discovery, where it was begun ahead; nil where not.
	warm func() (meta.RESTMapperWithContext, error)
	// expected are the objects of the next Read.
	expected Expected
}

// New returns an Applier for the cluster of cfg, which stays as it is. No request is made yet.
func New(cfg *rest.Config) (*Applier, error) {
	s, err := server.New(cfg)
	if err != nil {
		return nil, err
	}
	return &Applier{Server: s, schemas: foresee.New(s)}, nil
}

// Warm begins to ask which kinds the API server serves, which the next Read, or else nothing, takes. Call it before
// other goroutines use the Applier.
func (a *Applier) Warm(ctx context.Context) {
	a.warm = sync.OnceValues(func() (meta.RESTMapperWithContext, error) { return a.Discover(ctx) })
	go func() { _, _ = a.warm() }() // Read returns the error
}
