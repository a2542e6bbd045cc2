package apply

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

const (
	// discoveryTimeout bounds the first contact: a server that hangs is told within seconds.
	discoveryTimeout = 10 * time.Second
	// requestTimeout leaves room for the slowest admission webhook allowed, which is 30 s.
	requestTimeout = 40 * time.Second
)

// Applier applies objects to one cluster. It may be used by several goroutines at once.
type Applier struct {
	host      string
	rest      rest.Interface
	discovery discovery.DiscoveryInterfaceWithContext
}

// New returns an Applier for the cluster of cfg, which stays as it is. No request is made yet.
func New(cfg *rest.Config) (*Applier, error) {
	cfg = dynamic.ConfigFor(cfg)
	// The API server limits fairly by itself (API Priority and Fairness); a second throttle here only adds waiting.
	cfg.QPS, cfg.RateLimiter = -1, nil
	cfg.WarningHandlerWithContext = warningHandler{}
	if cfg.Timeout == 0 {
		cfg.Timeout = requestTimeout
	}
	httpClient, err := rest.HTTPClientFor(cfg)
	if err != nil {
		return nil, fmt.Errorf("preparing a client of the API server %s: %w", cfg.Host, err)
	}
	return newApplier(cfg, httpClient)
}

func newApplier(cfg *rest.Config, httpClient *http.Client) (*Applier, error) {
	client, err := rest.UnversionedRESTClientForConfigAndClient(cfg, httpClient)
	if err != nil {
		return nil, fmt.Errorf("preparing a client of the API server %s: %w", cfg.Host, err)
	}
	impatient := *httpClient
	impatient.Timeout = min(cfg.Timeout, discoveryTimeout)
	disco, err := discovery.NewDiscoveryClientForConfigAndClient(cfg, &impatient)
	if err != nil {
		return nil, fmt.Errorf("preparing discovery on the API server %s: %w", cfg.Host, err)
	}
	return &Applier{host: cfg.Host, rest: client, discovery: disco}, nil
}

// discover asks the API server what it serves: two requests. A server that can't be reached is told here,
// in one error, and not once for each object. An aggregated API that is down leaves only its own kinds out.
func (a *Applier) discover(ctx context.Context) (meta.RESTMapperWithContext, error) {
	var served []*restmapper.APIGroupResources
	err := retry(ctx, func() error {
		var err error
		served, err = restmapper.GetAPIGroupResourcesWithContext(ctx, a.discovery)
		return err
	})
	if err != nil {
		return nil, a.unavailable(ctx, "asking what the cluster serves", err)
	}
	return restmapper.NewDiscoveryRESTMapperWithContext(served), nil
}
