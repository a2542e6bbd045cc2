package explain

import (
	"context"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// Judge distinguishes what is wrong with an object from what is wrong with the cluster.
func Judge(ctx context.Context, s *server.Server, ref server.Ref, err error) ([]finding.Finding, error) {
	switch {
	case err == nil:
		return nil, nil
	case server.AtFault(err):
		return []finding.Finding{Refusal(ref, err)}, nil
	default:
		return nil, s.Unavailable(ctx, ref.String(), err)
	}
}
