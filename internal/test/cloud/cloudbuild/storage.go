package cloudbuild

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
)

// The roles of Cloud Storage.
const (
	objectUser   = "roles/storage.objectUser"
	bucketViewer = "roles/storage.bucketViewer"
	storageAdmin = "roles/storage.admin"
)

// Storage is Cloud Storage. https://docs.cloud.google.com/storage/docs/json_api/v1
type Storage struct {
	// Buckets are all there are, by name, with the ID of their projects.
	Buckets map[string]string
	// Broken makes that many chunks of uploads fail after a part of each has arrived.
	Broken int

	google  *google.Google
	mu      sync.Mutex
	objects map[string]stored
	uploads map[string]*upload
	count   int64
}

// stored is an object, in its only generation.
type stored struct {
	content    []byte
	generation int64
}

func newStorage(g *google.Google) *Storage {
	s := &Storage{Buckets: map[string]string{g.ProjectID + "_cloudbuild": g.ProjectID}, google: g,
		objects: map[string]stored{}, uploads: map[string]*upload{}}
	mux := http.NewServeMux()
	mux.Handle("GET /storage/v1/b", s.guarded(bucketViewer, "storage.buckets.list", s.list))
	mux.Handle("POST /upload/storage/v1/b/{bucket}/o", s.guarded(objectUser, "storage.objects.create", s.insert))
	mux.Handle("PUT /upload/storage/v1/b/{bucket}/o", s.guarded(objectUser, "storage.objects.create", s.receive))
	mux.Handle("GET /storage/v1/b/{bucket}/o/{object}", s.guarded(objectUser, "storage.objects.get", s.get))
	mux.Handle("DELETE /storage/v1/b/{bucket}/o/{object}", s.guarded(objectUser, "storage.objects.delete", s.remove))
	g.Cloud.Handle("storage.googleapis.com", mux)
	return s
}

// guarded serves a handler to those who have a role, in a bucket that exists.
func (s *Storage) guarded(role, permission string, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if bucket := r.PathValue("bucket"); bucket != "" && s.Buckets[bucket] == "" {
			storageError(http.StatusNotFound, "notFound", "The specified bucket does not exist.").ServeHTTP(w, r)
			return
		}
		member, refusal := s.google.Member(r, role, permission)
		if refusal != nil && member != "" {
			refusal = storageError(http.StatusForbidden, "forbidden",
				fmt.Sprintf("%s does not have %s access to the Google Cloud Storage object. Permission '%[2]s' denied on "+
					"resource (or it may not exist).", member, permission))
		}
		if refusal != nil {
			refusal.ServeHTTP(w, r)
			return
		}
		next(w, r)
	})
}

// storageError is the error body of Cloud Storage, which names its reason in a list of its own.
// https://docs.cloud.google.com/storage/docs/json_api/v1/status-codes
func storageError(code int, reason, message string) http.Handler {
	return cloud.Answer(code, map[string]any{"error": map[string]any{
		"code": code, "message": message, "errors": []any{map[string]string{"message": message, "domain": "global",
			"reason": reason}},
	}})
}

func (s *Storage) list(w http.ResponseWriter, r *http.Request) {
	items := []map[string]string{}
	for name, project := range s.Buckets {
		if project == r.URL.Query().Get("project") && strings.HasPrefix(name, r.URL.Query().Get("prefix")) {
			items = append(items, map[string]string{"name": name})
		}
	}
	cloud.Answer(http.StatusOK, map[string]any{"items": items}).ServeHTTP(w, r)
}

// get serves an object's content, or the range of it that is asked for.
func (s *Storage) get(w http.ResponseWriter, r *http.Request) {
	found, ok := s.object(r.PathValue("bucket"), r.PathValue("object"))
	if !ok || r.URL.Query().Get("alt") != "media" {
		storageError(http.StatusNotFound, "notFound",
			fmt.Sprintf("No such object: %s/%s", r.PathValue("bucket"), r.PathValue("object"))).ServeHTTP(w, r)
		return
	}
	http.ServeContent(w, r, "log.txt", time.Time{}, bytes.NewReader(found.content))
}

func (s *Storage) remove(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("bucket") + "/" + r.PathValue("object")
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.objects[name]; !ok || r.URL.Query().Get("generation") != strconv.FormatInt(found.generation, 10) {
		storageError(http.StatusNotFound, "notFound", "No such object: "+name).ServeHTTP(w, r)
		return
	}
	delete(s.objects, name)
	w.WriteHeader(http.StatusNoContent)
}

// object looks an object up.
func (s *Storage) object(bucket, name string) (stored, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.objects[bucket+"/"+name]
	return found, ok
}

// write makes an object, or replaces it, and returns its generation.
func (s *Storage) write(bucket, name string, content []byte) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	s.objects[bucket+"/"+name] = stored{content: bytes.Clone(content), generation: s.count}
	return s.count
}

// Objects are the names of all objects, BUCKET/NAME, sorted.
func (s *Storage) Objects() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for name := range s.objects {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
