package image_test

import (
	"io"
	"log"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/registry"
)

// counted is a registry that counts what it is asked for, and answers as told before it does so itself.
type counted struct {
	inner http.Handler
	// before handles a request in place of the registry, if it returns true. Asked is how often the same was asked for,
	// this time included.
	before func(w http.ResponseWriter, r *http.Request, asked int) bool

	mu    sync.Mutex
	times map[string]int
	bytes int64 // of blobs
}

func newCounted(before func(http.ResponseWriter, *http.Request, int) bool) *counted {
	return &counted{inner: registry.New(registry.Logger(log.New(io.Discard, "", 0))), before: before,
		times: map[string]int{}}
}

func (c *counted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		c.inner.ServeHTTP(w, r)
		return
	}
	c.mu.Lock()
	c.times[r.URL.Path]++
	asked := c.times[r.URL.Path]
	c.mu.Unlock()
	if c.before != nil && c.before(w, r, asked) {
		return
	}
	c.inner.ServeHTTP(&countedResponse{w, c, isBlob(r)}, r)
}

func isBlob(r *http.Request) bool { return path.Base(path.Dir(r.URL.Path)) == "blobs" }

// blobs says how often each blob was asked for.
func (c *counted) blobs() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	times := map[string]int{}
	for path, n := range c.times {
		if _, digest, ok := strings.Cut(path, "/blobs/"); ok {
			times[digest] += n
		}
	}
	return times
}

// fetched is how many bytes of blobs were sent.
func (c *counted) fetched() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

type countedResponse struct {
	http.ResponseWriter
	counted *counted
	blob    bool
}

func (c *countedResponse) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	if c.blob {
		c.counted.mu.Lock()
		c.counted.bytes += int64(n)
		c.counted.mu.Unlock()
	}
	return n, err
}
