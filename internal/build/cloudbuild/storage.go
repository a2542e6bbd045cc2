package cloudbuild

import (
	"context"
	"net/http"
	"net/url"

	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
)

const storageHost = "storage.googleapis.com"

// storage is a bucket of Cloud Storage. https://docs.cloud.google.com/storage/docs/json_api/v1
type storage struct {
	api    *googleapi.Client
	bucket string
	retry  func(ctx context.Context, what string, try func(context.Context) error) error
}

// object is one object, in one generation: what is put under its name later is another one.
type object struct {
	Name       string `json:"name"`
	Generation string `json:"generation"`
}

func (s *storage) path(name string) string {
	return "/storage/v1/b/" + url.PathEscape(s.bucket) + "/o/" + url.PathEscape(name)
}

// delete removes an object.
func (s *storage) delete(ctx context.Context, o object) error {
	return s.api.Ask(ctx, googleapi.Call{
		Doing: "deleting gs://" + s.bucket + "/" + o.Name, Method: http.MethodDelete, Host: storageHost,
		Path: s.path(o.Name) + "?generation=" + url.QueryEscape(o.Generation),
	}, nil)
}
