package buildkit

import (
	"context"
	"net"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// A daemon that takes the request for a session and then says nothing held up the end of the run for ever.
func TestLine_closes_though_the_daemon_does_not_answer(t *testing.T) {
	asked := make(chan struct{})
	silent := func(ctx context.Context, _ string, _ map[string][]string) (net.Conn, error) {
		close(asked)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	l, err := openSession(silent, credentials(authn.DefaultKeychain, &registry.Secrets{}),
		build.Dockerfile{Context: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	<-asked
	if err := l.close(0); err != nil {
		t.Error(err)
	}
}
