package auditing

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

// surveyedImages is how many images each registry of these tests has.
const surveyedImages = 40

// gate is in front of a registry: it refuses each image at first, and all of them until it is open, as a registry does
// whose limit is used up.
type gate struct {
	lock       sync.Mutex
	on, open   bool
	retryAfter string
	refused    map[string]int // by path
}

func (g *gate) wrap(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isManifest(r) && g.refuses(r.URL.Path) {
			w.Header().Set("Retry-After", g.retryAfter)
			http.Error(w, "too many requests", http.StatusTooManyRequests)
			return
		}
		inner.ServeHTTP(w, r)
	})
}

func (g *gate) refuses(image string) bool {
	g.lock.Lock()
	defer g.lock.Unlock()
	if !g.on || g.open && g.refused[image] > 0 {
		return false
	}
	g.refused[image]++
	return true
}

func (g *gate) set(on, open bool) {
	g.lock.Lock()
	defer g.lock.Unlock()
	g.on, g.open = on, open
}

func isManifest(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/manifests/")
}

// push pushes images of amd64 alone, under tags.
func push(t *testing.T, r *registry.Registry, tags ...string) (references []string) {
	t.Helper()
	image, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config.OS, config.Architecture = "linux", "amd64"
	if image, err = mutate.ConfigFile(image, config); err != nil {
		t.Fatal(err)
	}
	for i := range surveyedImages {
		for _, tag := range tags {
			ref, err := name.NewTag(fmt.Sprintf("%s/shop/app-%d:%s", r.Host, i, tag))
			if err != nil {
				t.Fatal(err)
			}
			if err := remote.Write(ref, image, remote.WithAuthFromKeychain(r.Keychain)); err != nil {
				t.Fatal(err)
			}
		}
		references = append(references, fmt.Sprintf("%s/shop/app-%d:%s", r.Host, i, tags[0]))
	}
	return references
}

// secrets is an API server that has nothing but pull secrets of a registry, by the name of the password.
func secrets(t *testing.T, host string) identity.Cluster {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		login := base64.StdEncoding.EncodeToString([]byte("puller:" + path.Base(r.URL.Path)))
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(corev1.Secret{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
			Type: corev1.SecretTypeDockerConfigJson, Data: map[string][]byte{corev1.DockerConfigJsonKey: fmt.Appendf(nil,
				`{"auths": {%q: {"auth": %q}}}`, host, login)}})
	}))
	t.Cleanup(server.Close)
	return identity.Cluster{Config: &rest.Config{Host: server.URL}}
}

// surveyOf surveys references, of which those of others are pulled with one of two secrets.
func surveyOf(t *testing.T, cluster identity.Cluster, mine, others []string) (*Audit, []finding.Finding) {
	t.Helper()
	var found []finding.Finding
	a := &Audit{Options: Options{Config: inputs.Config{WaitTimeout: 2 * time.Minute}, Cluster: cluster,
		Keychain: authn.NewMultiKeychain(), Emit: progress.Discard, Mask: func(string) {},
		Find: func(more ...finding.Finding) { found = append(found, more...) }}}
	named := func(name string) types.NamespacedName { return types.NamespacedName{Namespace: "shop", Name: name} }
	a.uses = []use{{images: mine},
		{images: others, pullSecrets: []types.NamespacedName{named("guess"), named("hunter2")}}}
	if err := a.Survey(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a, found
}

// follow opens the gate once all second tags were read from the registry behind it.
func (g *gate) follow(inner http.Handler) http.Handler {
	var lock sync.Mutex
	read := map[string]bool{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r)
		if isManifest(r) && path.Base(r.URL.Path) == "1.1" {
			lock.Lock()
			defer lock.Unlock()
			read[r.URL.Path] = true
			g.set(true, len(read) == surveyedImages)
		}
	})
}

// TestSurvey_goes_on_while_a_registry_limits_requests has a registry refuse all requests until another was asked for
// the last thing that there is to ask it: newer tags of images that are pulled with a second login.
func TestSurvey_goes_on_while_a_registry_limits_requests(t *testing.T) {
	t.Parallel()
	limits := &gate{refused: map[string]int{}, retryAfter: "0"}
	limited := registry.Start(t, registry.Options{Wrap: limits.wrap})
	free := registry.Start(t, registry.Options{Username: "puller", Password: "hunter2", Wrap: limits.follow})
	mine, others := push(t, limited, "1.0"), push(t, free, "1.0", "1.1")
	limits.set(true, false)
	a, found := surveyOf(t, secrets(t, free.Host), mine, others)
	if len(found) > 0 || len(a.unread) > 0 {
		t.Errorf("found %v, unread %v; want none", found, a.unread)
	}
	for _, reference := range append(mine, others...) {
		if image := a.known[reference]; !image.Known || !image.RunsOn("amd64") || !image.Newer.Searched {
			t.Errorf("%s: %+v, want it known", reference, image)
		}
	}
	if got := len(limits.refused); got != surveyedImages {
		t.Errorf("%d images were refused at first, want each of %d", got, surveyedImages)
	}
}

// TestSurvey_ends_where_a_registry_limits_requests_for_hours has the images of others known all the same, and says once
// that those of the registry are not.
func TestSurvey_ends_where_a_registry_limits_requests_for_hours(t *testing.T) {
	t.Parallel()
	limits := &gate{refused: map[string]int{}, retryAfter: "21600"}
	limited, free := registry.Start(t, registry.Options{Wrap: limits.wrap}), registry.Start(t, registry.Options{})
	mine, others := push(t, limited, "1.0"), push(t, free, "1.0")
	limits.set(true, false)
	a, found := surveyOf(t, secrets(t, free.Host), mine, others)
	for _, reference := range others {
		if !a.known[reference].Known {
			t.Errorf("%s: %+v, want it known", reference, a.known[reference])
		}
	}
	want := []string{fmt.Sprintf("registry %s does not say what %d images are for: 429 Too Many Requests", limited.Host,
		surveyedImages)}
	if diff := cmp.Diff(want, a.unread); diff != "" {
		t.Errorf("unread (-want +got):\n%s", diff)
	}
	if len(found) != 1 || !strings.Contains(found[0].Message, mine[surveyedImages-1]) {
		t.Errorf("found %v, want one finding that names all images", found)
	}
}
