// Package cloudbuild is a stand-in of Google Cloud Build, and of the Cloud Storage that it keeps sources and logs in.
// It runs the steps of builds with the real buildx and a real BuildKit.
package cloudbuild

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/util/uuid"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
)

// Service is Cloud Build. Change its fields before it is asked.
// https://docs.cloud.google.com/build/docs/api/reference/rest/v1/projects.locations.builds
type Service struct {
	// Storage holds sources and logs.
	Storage *Storage
	// Account is the address of the account that builds run as, where they name none.
	Account string
	// Regions are those where the project may build.
	Regions []string
	// Unavailable is how many looks at builds find the service in trouble.
	Unavailable int

	google *google.Google
	docker Docker
	mu     sync.Mutex
	builds map[string]*submitted
}

// Docker runs the container of a build's step, with the worker's Docker engine at hand.
type Docker func(ctx context.Context, c Container) error

// New serves Cloud Build and Cloud Storage. The job and the service account may submit builds, which run as
// an account that may push, and each step is run by docker.
func New(g *google.Google, docker Docker) *Service {
	b := &Service{
		Account: g.ProjectNumber + "-compute@developer.gserviceaccount.com", Regions: []string{"global", "europe-west1"},
		Storage: newStorage(g), google: g, docker: docker, builds: map[string]*submitted{},
	}
	job, account, runner := g.Principal(g.Cloud.GitHub.Claims["sub"].(string)), "serviceAccount:"+g.ServiceAccount,
		"serviceAccount:"+b.Account
	for _, role := range []string{buildEditor, actAs, objectUser, bucketViewer} {
		g.Roles[role] = []string{job, account}
	}
	g.Roles[storageAdmin] = []string{runner, account}
	g.Roles[google.Writer] = append(g.Roles[google.Writer], runner)
	const builds = "/v1/projects/{project}/locations/{region}/builds"
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+builds, b.create)
	mux.HandleFunc("GET "+builds+"/{build}", b.get)
	mux.HandleFunc("POST "+builds+"/{method}", b.cancel)
	g.Cloud.Handle("cloudbuild.googleapis.com", g.Guarded(buildEditor, "cloudbuild.builds.create", mux))
	return b
}

// The roles that a submission takes: on the project, and on the account that the build runs as.
const (
	buildEditor = "roles/cloudbuild.builds.editor"
	actAs       = "roles/iam.serviceAccountUser"
)

// create starts a build, and answers with an operation.
func (b *Service) create(w http.ResponseWriter, r *http.Request) {
	var wanted Build
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&wanted); err != nil {
		name := strings.Trim(strings.TrimPrefix(err.Error(), "json: unknown field "), `"`)
		text := fmt.Sprintf("Invalid JSON payload received. Unknown name %q at 'build': Cannot find field.", name)
		google.APIError(http.StatusBadRequest, "INVALID_ARGUMENT", text, nil).ServeHTTP(w, r)
		return
	}
	member, _ := b.google.Member(r, buildEditor, "")
	if refusal := b.refuse(member, r, &wanted); refusal != nil {
		refusal.ServeHTTP(w, r)
		return
	}
	started := b.start(wanted, r.PathValue("region"))
	cloud.Answer(http.StatusOK, map[string]any{
		"name": "operations/build/" + b.google.ProjectID + "/" + started.shown.ID,
		"metadata": map[string]any{"@type": "type.googleapis.com/google.devtools.cloudbuild.v1.BuildOperationMetadata",
			"build": started.show()},
	}).ServeHTTP(w, r)
}

func (b *Service) get(w http.ResponseWriter, r *http.Request) {
	if b.unavailable() {
		const text = "The service is currently unavailable."
		google.APIError(http.StatusServiceUnavailable, "UNAVAILABLE", text, nil).ServeHTTP(w, r)
		return
	}
	b.answer(w, r, r.PathValue("build"), func(found *submitted) any { return found.show() })
}

// unavailable counts the looks that find the service in trouble down.
func (b *Service) unavailable() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Unavailable--
	return b.Unavailable >= 0
}

func (b *Service) cancel(w http.ResponseWriter, r *http.Request) {
	id, _ := strings.CutSuffix(r.PathValue("method"), ":cancel")
	b.answer(w, r, id, func(found *submitted) any {
		found.cancel()
		select {
		case <-found.done:
		case <-r.Context().Done():
		}
		return found.show()
	})
}

func (b *Service) answer(w http.ResponseWriter, r *http.Request, id string, value func(*submitted) any) {
	b.mu.Lock()
	found := b.builds[id]
	b.mu.Unlock()
	if found == nil || found.region != r.PathValue("region") || r.PathValue("project") != b.google.ProjectID {
		google.APIError(http.StatusNotFound, "NOT_FOUND", "Requested entity was not found.", nil).ServeHTTP(w, r)
		return
	}
	cloud.Answer(http.StatusOK, value(found)).ServeHTTP(w, r)
}

func (b *Service) start(wanted Build, region string) *submitted {
	ctx, cancel := context.WithCancel(context.Background())
	found := &submitted{cloud: b, region: region, cancel: cancel, done: make(chan struct{})}
	found.shown = shownBuild{ID: string(uuid.NewUUID()), Build: wanted, Status: "QUEUED"}
	found.shown.LogURL = "https://console.cloud.google.com/cloud-build/builds;region=" + region + "/" + found.shown.ID +
		"?project=" + b.google.ProjectNumber
	b.mu.Lock()
	defer b.mu.Unlock()
	b.builds[found.shown.ID] = found
	go found.run(ctx)
	return found
}

// Submitted are the builds that were started, in no order.
func (b *Service) Submitted() []Build {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []Build
	for _, found := range b.builds {
		list = append(list, found.show().Build)
	}
	return list
}

// Statuses are how many builds there are, by status.
func (b *Service) Statuses() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	statuses := map[string]int{}
	for _, found := range b.builds {
		statuses[found.show().Status]++
	}
	return statuses
}
