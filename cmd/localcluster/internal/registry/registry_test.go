package registry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"golang.org/x/sync/errgroup"
)

// serve starts a registry and returns its address and directory.
func serve(t *testing.T) (address, dir string) {
	t.Helper()
	dir = t.TempDir()
	r, err := Listen("127.0.0.1:0", dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- r.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	return r.Address, dir
}

func TestPushes_at_once(t *testing.T) {
	address, dir := serve(t)
	var group errgroup.Group
	for i := range 8 {
		group.Go(func() error {
			ref, err := name.ParseReference(fmt.Sprintf("%s/app-%d:v1", address, i))
			if err != nil {
				return err
			}
			index, err := random.Index(1<<20, 3, 2)
			if err != nil {
				return err
			}
			if err := remote.WriteIndex(ref, index); err != nil {
				return err
			}
			pulled, err := remote.Index(ref)
			if err != nil {
				return err
			}
			return validate.Index(pulled)
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	uploads, err := os.ReadDir(filepath.Join(dir, "uploads"))
	if err != nil {
		t.Fatal(err)
	}
	if len(uploads) > 0 {
		t.Errorf("%d uploads were left behind, such as %s", len(uploads), uploads[0].Name())
	}
}

// response is what a client of the upload protocol looks at.
type response struct {
	Status          int
	Location, Range string
}

func send(t *testing.T, method, url, contentRange, body string) response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentRange != "" {
		req.Header.Set("Content-Range", contentRange)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return response{resp.StatusCode, resp.Header.Get("Location"), resp.Header.Get("Range")}
}

func TestChunked_upload(t *testing.T) {
	address, _ := serve(t)
	digest, _, err := v1.SHA256(strings.NewReader("hello, world"))
	if err != nil {
		t.Fatal(err)
	}
	wrong, _, err := v1.SHA256(strings.NewReader("something else"))
	if err != nil {
		t.Fatal(err)
	}
	const upload = "/v2/shop/app/blobs/uploads/17"
	blob := "/v2/shop/app/blobs/" + digest.String()
	for _, test := range []struct {
		name, method, path, contentRange, body string
		want                                   response
	}{
		{"first_chunk", http.MethodPatch, upload, "0-4", "hello", response{http.StatusAccepted, upload, "0-4"}},
		{"chunk_out_of_order", http.MethodPatch, upload, "9-11", "rld",
			response{Status: http.StatusRequestedRangeNotSatisfiable}},
		{"second_chunk", http.MethodPatch, upload, "5-6", ", ", response{http.StatusAccepted, upload, "0-6"}},
		{"end_with_a_last_chunk", http.MethodPut, upload + "?digest=" + digest.String(), "", "world",
			response{http.StatusCreated, blob, ""}},
		{"wrong_digest", http.MethodPut, upload + "?digest=" + wrong.String(), "", "hello",
			response{Status: http.StatusBadRequest}},
		{"path_out_of_the_directory", http.MethodPatch, "/v2/shop/app/blobs/uploads/..", "", "x",
			response{Status: http.StatusInternalServerError}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := send(t, test.method, "http://"+address+test.path, test.contentRange, test.body)
			if got.Status >= 400 {
				got.Location = ""
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("response (-want +got):\n%s", diff)
			}
		})
	}
	resp, err := http.Get("http://" + address + blob)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.Equal(content, []byte("hello, world")) {
		t.Errorf("the blob reads %q, error %v", content, err)
	}
}
