package cloudbuild

import (
	"context"
	"io"
	"net/http"
	"strconv"

	api "google.golang.org/api/googleapi"
	gcs "google.golang.org/api/storage/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
)

const storageHost = "storage.googleapis.com"

// chunkSize is how much of a source is sent in one request, and kept in memory, in bytes. It is small enough for one
// request's limit of time on a slow line, such as 1 Mbit/s.
const chunkSize = 4 << 20

// storage is a bucket of Cloud Storage. https://docs.cloud.google.com/storage/docs/json_api/v1
type storage struct {
	client  *googleapi.Client
	service *gcs.Service
	bucket  string
	retry   func(ctx context.Context, what string, try func(context.Context) error) error
}

// object is one object, in one generation: what is put under its name later is another one.
type object struct {
	name       string
	generation int64
}

// address names an object in messages.
func (s *storage) address(name string) string { return "gs://" + s.bucket + "/" + name }

// has reports whether a bucket of the storage's name is in a project.
func (s *storage) has(ctx context.Context, project string) (bool, error) {
	list, err := s.service.Buckets.List(project).Prefix(s.bucket).Fields("items(name)").Context(ctx).Do()
	if err != nil {
		return false, s.client.Explain("looking for the bucket "+s.bucket, storageHost, err)
	}
	for _, item := range list.Items {
		if item.Name == s.bucket {
			return true, nil
		}
	}
	return false, nil
}

// upload streams content into a new object; its size need not be known. A refusal that may be a delay is tried again,
// with what open returns the next time.
func (s *storage) upload(ctx context.Context, name string, open func() io.ReadCloser) (object, error) {
	var made *gcs.Object
	err := s.retry(ctx, "Cloud Storage refused the source", func(ctx context.Context) (err error) {
		content := open()
		defer content.Close() // ends the writer of an upload that failed
		made, err = s.service.Objects.Insert(s.bucket, &gcs.Object{Name: name, ContentType: "application/gzip"}).
			IfGenerationMatch(0). // the object must not be there yet
			Media(content, api.ChunkSize(chunkSize)).Context(ctx).Do()
		return s.client.Explain("uploading "+s.address(name), storageHost, err)
	})
	if err != nil {
		return object{}, err
	}
	return object{made.Name, made.Generation}, nil
}

// delete removes an object.
func (s *storage) delete(ctx context.Context, o object) error {
	err := s.service.Objects.Delete(s.bucket, o.name).Generation(o.generation).Context(ctx).Do()
	return s.client.Explain("deleting "+s.address(o.name), storageHost, err)
}

// read opens an object from an offset on.
func (s *storage) read(ctx context.Context, name string, from int64) (*http.Response, error) {
	call := s.service.Objects.Get(s.bucket, name).Context(ctx)
	call.Header().Set("Range", "bytes="+strconv.FormatInt(from, 10)+"-")
	response, err := call.Download()
	return response, s.client.Explain("reading the log "+s.address(name), storageHost, err)
}
