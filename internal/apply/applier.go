package apply

import (
	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

// Applier applies objects to one cluster. It may be used by several goroutines at once.
type Applier struct{ *server.Server }

// New returns an Applier for the cluster of cfg, which stays as it is. No request is made yet.
func New(cfg *rest.Config) (*Applier, error) {
	s, err := server.New(cfg)
	if err != nil {
		return nil, err
	}
	return &Applier{s}, nil
}
