package image_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

func refs(list ...name.Reference) []name.Reference { return list }

// The images of a registry that answers wait for none of another that does not, and fifty of that cost no more than a
// few.
func TestResolve_of_fifty_images_that_cannot_be_reached(t *testing.T) {
	dead := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	alive := newRegistry(t)
	var list []name.Reference
	for i := range 50 {
		list = append(list, parse(t, fmt.Sprintf("%s/image%d:1", dead, i)))
	}
	list = append(list, push(t, alive+"/cart:1", app(amd64, binaryFor("amd64")).image(t)))
	opts := options()
	opts.impatient(time.Second)
	began := time.Now()
	results := opts.client().Resolve(t.Context(), list)
	if took := time.Since(began); took > 3*time.Minute {
		t.Errorf("it took %s", took)
	}
	asked := 0
	for _, result := range results[:50] {
		outage, ok := image.OutageOf(result.Err)
		if want := (image.Outage{Registry: dead, Reason: "nothing received for 1s", Skipped: outage.Skipped}); !ok ||
			outage != want {
			t.Fatalf("got error %v, want that of %+v", result.Err, want)
		}
		if !outage.Skipped {
			asked++
		}
	}
	if asked > 9 {
		t.Errorf("the dead registry was asked for %d images", asked)
	}
	if results[50].Err != nil {
		t.Error(results[50].Err)
	}
}

func TestResolve_shows_which_registry_it_waits_for(t *testing.T) {
	host := serve(t, newCounted(func(_ http.ResponseWriter, r *http.Request, _ int) bool {
		if strings.Contains(r.URL.Path, "/manifests/") {
			time.Sleep(4 * time.Second)
		}
		return false
	}))
	ref := push(t, host+"/cart:1", app(amd64, binaryFor("amd64")).image(t))
	var mu sync.Mutex
	var texts []string
	opts := options()
	opts.image.Progress = func(e progress.Event) {
		mu.Lock()
		defer mu.Unlock()
		if status, ok := e.(progress.Status); ok {
			texts = append(texts, strings.ReplaceAll(status.Text, host, "HOST"))
		}
	}
	if result := opts.client().Resolve(t.Context(), refs(ref))[0]; result.Err != nil {
		t.Fatal(result.Err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(texts) == 0 || texts[0] != "Waiting for HOST (1 of 1 images)" {
		t.Errorf("got %q", texts)
	}
}
