// Package server makes the requests that an apply needs of a Kubernetes API server, retries those whose failure says
// nothing about the object, and says whether an error is about the object or about the way to the cluster.
package server

import (
	"context"
	"fmt"
	"net/http"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"

	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

// Server is one cluster's API server. It may be used by several goroutines at once.
type Server struct {
	host      string
	rest      rest.Interface
	discovery discovery.DiscoveryInterfaceWithContext
	patience  *patience
}

// New returns the Server of cfg, which stays as it is and brings the limits of transport.Cluster. No request is made
// yet.
func New(cfg *rest.Config) (*Server, error) {
	cfg = dynamic.ConfigFor(cfg)
	// The API server limits fairly by itself (API Priority and Fairness); a second throttle here only adds waiting.
	cfg.QPS, cfg.RateLimiter = -1, nil
	cfg.WarningHandlerWithContext = warningHandler{}
	httpClient, err := rest.HTTPClientFor(cfg)
	if err != nil {
		return nil, fmt.Errorf("preparing a client of the API server %s: %w", cfg.Host, err)
	}
	return newServer(cfg, httpClient)
}

func newServer(cfg *rest.Config, httpClient *http.Client) (*Server, error) {
	client, err := rest.UnversionedRESTClientForConfigAndClient(cfg, httpClient)
	if err != nil {
		return nil, fmt.Errorf("preparing a client of the API server %s: %w", cfg.Host, err)
	}
	impatient := *httpClient
	impatient.Transport = transport.Limit(impatient.Transport, transport.For(transport.ClusterContact))
	disco, err := discovery.NewDiscoveryClientForConfigAndClient(cfg, &impatient)
	if err != nil {
		return nil, fmt.Errorf("preparing discovery on the API server %s: %w", cfg.Host, err)
	}
	return &Server{host: cfg.Host, rest: client, discovery: disco}, nil
}

// Discover asks which kinds the API server serves: two requests. A server out of reach is reported here,
// in one error, and not once per object. An aggregated API that is down leaves only its own kinds out.
func (s *Server) Discover(ctx context.Context) (meta.RESTMapperWithContext, error) {
	var served []*restmapper.APIGroupResources
	err := s.Retry(ctx, func() error {
		var err error
		served, err = restmapper.GetAPIGroupResourcesWithContext(ctx, s.discovery)
		return err
	})
	if err != nil {
		return nil, s.Unavailable(ctx, "asking what the cluster serves", err)
	}
	return restmapper.NewDiscoveryRESTMapperWithContext(served), nil
}
