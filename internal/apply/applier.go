package apply

import (
	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/foresee"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

// Applier applies objects to one cluster. It may be used by several goroutines at once. What a run will need can be
// asked for before: the first discovery (Warm) and the objects of the next Read (Expect).
type Applier struct {
	*server.Ahead
	schemas *foresee.Schemas
}

// New returns an Applier for the cluster of cfg, which stays as it is. No request is made yet.
func New(cfg *rest.Config) (*Applier, error) {
	s, err := server.New(cfg)
	if err != nil {
		return nil, err
	}
	return &Applier{Ahead: &server.Ahead{Server: s}, schemas: foresee.New(s)}, nil
}
