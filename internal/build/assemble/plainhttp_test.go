package assemble_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/build/assemble"
	registryclient "github.com/multiarch-deploy/multiarch-deploy/internal/registry"
	registrytest "github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

// A registry on the network that knows no TLS is for those who asked for it.
func TestBuild_speaks_plain_HTTP_only_where_that_was_asked_for(t *testing.T) {
	const host = "registry.example:5000"
	for _, test := range []struct {
		name  string
		plain []string
		want  string // part of the error
	}{
		{"asked_for", []string{host}, ""},
		{"asked_for_elsewhere", []string{"other.example:5000"}, host + " speaks no HTTPS"},
	} {
		t.Run(test.name, func(t *testing.T) {
			registry := registrytest.Start(t, registrytest.Options{})
			network := &http.Transport{DialContext: func(ctx context.Context, kind, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, kind, registry.Host)
			}}
			reach := func(opts *registryclient.Options) { opts.Transport, opts.PlainHTTP = network, test.plain }
			spec := cartFor(t, registry, dist(t), amd64)
			spec.Reference = must(name.NewTag(host + "/shop/cart:1"))(t)
			pushBase(t, registry, "os/base:1", osBase(t, amd64, map[string]string{"/etc/os": ""}))
			spec.Assembly.Base = must(name.ParseReference(host + "/os/base:1"))(t)
			builder := assemble.Builder{Registry: client(nil, reach)}
			_, err := builder.Build(t.Context(), []build.Spec{spec})
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want %q", err, test.want)
			}
		})
	}
}
