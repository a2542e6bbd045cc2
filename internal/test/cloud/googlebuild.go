package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/util/uuid"
)

// GoogleBuild is Cloud Build. Change its fields before it is asked.
// https://docs.cloud.google.com/build/docs/api/reference/rest/v1/projects.locations.builds
type GoogleBuild struct {
	// Storage holds sources and logs.
	Storage *Storage
	// Account is the address of the account that builds run as, where they name none.
	Account string
	// Regions are those where the project may build.
	Regions []string
	// Unavailable is how many looks at builds find the service in trouble.
	Unavailable int

	google *Google
	docker Docker
	mu     sync.Mutex
	builds map[string]*googleBuild
}

// Docker runs the container of a build's step, with the worker's Docker engine at hand.
type Docker func(ctx context.Context, c Container) error

// NewCloudBuild serves Cloud Build and Cloud Storage. The job and the service account may submit builds, which run as
// an account that may push, and each step is run by docker.
func (g *Google) NewCloudBuild(docker Docker) *GoogleBuild {
	b := &GoogleBuild{
		Account: g.ProjectNumber + "-compute@developer.gserviceaccount.com", Regions: []string{"global", "europe-west1"},
		Storage: newStorage(g), google: g, docker: docker, builds: map[string]*googleBuild{},
	}
	job, account, runner := g.Principal(g.cloud.GitHub.Claims["sub"].(string)), "serviceAccount:"+g.ServiceAccount,
		"serviceAccount:"+b.Account
	for _, role := range []string{buildEditor, actAs, objectUser, bucketViewer} {
		g.Roles[role] = []string{job, account}
	}
	g.Roles[storageAdmin] = []string{runner, account}
	g.Roles[writer] = append(g.Roles[writer], runner)
	const builds = "/v1/projects/{project}/locations/{region}/builds"
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+builds, b.create)
	mux.HandleFunc("GET "+builds+"/{build}", b.get)
	mux.HandleFunc("POST "+builds+"/{method}", b.cancel)
	g.cloud.Handle("cloudbuild.googleapis.com", g.guarded(buildEditor, "cloudbuild.builds.create", mux))
	return b
}

// The roles that a submission takes: on the project, and on the account that the build runs as.
const (
	buildEditor = "roles/cloudbuild.builds.editor"
	actAs       = "roles/iam.serviceAccountUser"
)

// create starts a build, and answers with an operation.
func (b *GoogleBuild) create(w http.ResponseWriter, r *http.Request) {
	var wanted Build
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&wanted); err != nil {
		name := strings.Trim(strings.TrimPrefix(err.Error(), "json: unknown field "), `"`)
		apiError(http.StatusBadRequest, "INVALID_ARGUMENT", fmt.Sprintf("Invalid JSON payload received. Unknown name %q at "+
			"'build': Cannot find field.", name), nil).ServeHTTP(w, r)
		return
	}
	member, _ := b.google.member(r, buildEditor, "")
	if refusal := b.refuse(member, r, &wanted); refusal != nil {
		refusal.ServeHTTP(w, r)
		return
	}
	started := b.start(wanted, r.PathValue("region"))
	answer(http.StatusOK, map[string]any{
		"name": "operations/build/" + b.google.ProjectID + "/" + started.shown.ID,
		"metadata": map[string]any{"@type": "type.googleapis.com/google.devtools.cloudbuild.v1.BuildOperationMetadata",
			"build": started.show()},
	}).ServeHTTP(w, r)
}

func (b *GoogleBuild) get(w http.ResponseWriter, r *http.Request) {
	if b.unavailable() {
		apiError(http.StatusServiceUnavailable, "UNAVAILABLE", "The service is currently unavailable.", nil).ServeHTTP(w, r)
		return
	}
	b.answer(w, r, r.PathValue("build"), func(found *googleBuild) any { return found.show() })
}

// unavailable counts the looks that find the service in trouble down.
func (b *GoogleBuild) unavailable() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Unavailable--
	return b.Unavailable >= 0
}

func (b *GoogleBuild) cancel(w http.ResponseWriter, r *http.Request) {
	id, _ := strings.CutSuffix(r.PathValue("method"), ":cancel")
	b.answer(w, r, id, func(found *googleBuild) any {
		found.cancel()
		select {
		case <-found.done:
		case <-r.Context().Done():
		}
		return found.show()
	})
}

func (b *GoogleBuild) answer(w http.ResponseWriter, r *http.Request, id string, value func(*googleBuild) any) {
	b.mu.Lock()
	found := b.builds[id]
	b.mu.Unlock()
	if found == nil || found.region != r.PathValue("region") || r.PathValue("project") != b.google.ProjectID {
		apiError(http.StatusNotFound, "NOT_FOUND", "Requested entity was not found.", nil).ServeHTTP(w, r)
		return
	}
	answer(http.StatusOK, value(found)).ServeHTTP(w, r)
}

func (b *GoogleBuild) start(wanted Build, region string) *googleBuild {
	ctx, cancel := context.WithCancel(context.Background())
	found := &googleBuild{cloud: b, region: region, cancel: cancel, done: make(chan struct{})}
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
func (b *GoogleBuild) Submitted() []Build {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []Build
	for _, found := range b.builds {
		list = append(list, found.show().Build)
	}
	return list
}

// Statuses are how many builds there are, by status.
func (b *GoogleBuild) Statuses() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	statuses := map[string]int{}
	for _, found := range b.builds {
		statuses[found.show().Status]++
	}
	return statuses
}
