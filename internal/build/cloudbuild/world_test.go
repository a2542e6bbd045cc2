package cloudbuild_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/build/cloudbuild"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/google"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	cloudbuildtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/cloudbuild"
	googletest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
)

const registry = "europe-docker.pkg.dev"

var (
	amd64 = v1.Platform{OS: "linux", Architecture: "amd64"}
	arm64 = v1.Platform{OS: "linux", Architecture: "arm64"}
)

// world is a Google Cloud with Cloud Build, and a job in it.
type world struct {
	*cloudtest.Cloud
	google  *googletest.Google
	builds  *cloudbuildtest.Service
	account *google.Account
	builder *cloudbuild.Builder

	mu  sync.Mutex
	log []string
}

// newWorld is a world whose builds' steps are run by docker.
func newWorld(t *testing.T, docker func(*googletest.Google) cloudbuildtest.Docker) *world {
	t.Helper()
	cloud := cloudtest.Start(t)
	w := &world{Cloud: cloud, google: googletest.New(cloud)}
	w.google.ArtifactRegistry(registry)
	w.builds = cloudbuildtest.New(w.google, docker(w.google))
	env := cloud.Env()
	r := runner.New(&strings.Builder{}, func(name string) string { return env[name] }).WithHTTP(cloud.Client())
	job := federation.Job{IDToken: r.IDToken, Mask: r.Mask, Say: func(string, ...any) {}, HTTP: cloud.Client()}
	w.account = google.New(google.Options{Provider: w.google.Provider.Name}, job)
	w.builder = &cloudbuild.Builder{
		Cloud:   build.CloudBuild{Project: "octo-shop", Region: "global", Timeout: time.Hour},
		Account: w.account, Progress: w.hear, Poll: 20 * time.Millisecond,
	}
	return w
}

func (w *world) hear(e progress.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := e.(type) {
	case progress.StepStarted:
		w.log = append(w.log, "▸ "+e.Title)
	case progress.Message:
		w.log = append(w.log, e.Text)
	}
}

// said is all that was told so far.
func (w *world) said() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.log, "\n")
}

// remote are the options that reach the registry as the nodes do.
func (w *world) remote() []remote.Option {
	return []remote.Option{remote.WithTransport(w.Client().Transport), remote.WithAuthFromKeychain(w.account.Keychain())}
}

func spec(t *testing.T, image, folder string, platforms ...v1.Platform) build.Spec {
	t.Helper()
	return build.Spec{Name: "shop/" + image, Reference: tag(t, registry+"/octo-shop/shop/"+image+":v1"),
		Platforms:  platforms,
		Dockerfile: build.Dockerfile{Context: folder}}
}

func tag(t *testing.T, text string) name.Tag {
	t.Helper()
	ref, err := name.NewTag(text)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// folder writes files into a new folder. A name that ends in @ is a symbolic link.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if link, ok := strings.CutSuffix(path, "@"); ok {
			err = os.Symlink(content, link)
		} else {
			err = os.WriteFile(path, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
