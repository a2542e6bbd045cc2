package image_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
)

// wait is a refusal for the moment.
func wait(status int, after string) func(http.ResponseWriter, *http.Request, int) bool {
	return func(w http.ResponseWriter, r *http.Request, asked int) bool {
		if asked > 1 || r.URL.Path == "/v2/" {
			return false
		}
		w.Header().Set("Retry-After", after)
		w.WriteHeader(status)
		return true
	}
}

func TestRegistry_is_given_the_time_it_asks_for(t *testing.T) {
	for _, test := range []struct {
		name  string
		after string
		least time.Duration
		ok    bool
	}{
		{"seconds", "1", time.Second, true},
		{"a_date", time.Now().Add(3 * time.Second).UTC().Format(http.TimeFormat), 500 * time.Millisecond, true},
		{"no_time", "", 0, true},
		{"longer_than_anyone_waits", "3600", 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			host := serve(t, newCounted(wait(http.StatusTooManyRequests, test.after)))
			ref := push(t, host+"/cart:1", app(amd64, binaryFor("amd64")).image(t))
			began := time.Now()
			_, err := resolve(t.Context(), ref, options())
			took := time.Since(began)
			if (err == nil) != test.ok || took < test.least || took > 3*time.Minute {
				t.Errorf("error %v after %s; want success: %v, after %s or more", err, took, test.ok, test.least)
			}
		})
	}
}

// layerOf returns the digest of an image's one layer.
func layerOf(t testing.TB, img v1.Image) string {
	t.Helper()
	return must(img.Manifest())(t).Layers[0].Digest.String()
}

// answerBlob is a registry's answer to whoever asks for a blob.
func answerBlob(digest string, status int) func(http.ResponseWriter, *http.Request, int) bool {
	return func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if !strings.HasSuffix(r.URL.Path, digest) {
			return false
		}
		w.WriteHeader(status)
		return true
	}
}

// inspected resolves and inspects one image, and returns the error of the latter.
func inspected(t testing.TB, opts settings, ref name.Reference) (*image.Image, error) {
	t.Helper()
	client := opts.client()
	result := client.Resolve(t.Context(), []name.Reference{ref})[0]
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	return result.Image, client.Inspect(t.Context(), result.Image)[0]
}

func TestInspect_says_what_registry_answered(t *testing.T) {
	img := app(arm64, binaryFor("arm64")).image(t)
	answer := func(status int) func(http.ResponseWriter, *http.Request, int) bool {
		return answerBlob(layerOf(t, img), status)
	}
	hang := func(_ http.ResponseWriter, r *http.Request, _ int) bool {
		if strings.HasSuffix(r.URL.Path, layerOf(t, img)) {
			<-r.Context().Done()
		}
		return false
	}
	for _, test := range []struct {
		name   string
		before func(http.ResponseWriter, *http.Request, int) bool
		want   fault
	}{
		{"a_layer_that_is_not_there", answer(404), fault{finding.ImageNotFound,
			`image "HOST/cart:1" is incomplete: it lists layer 1 of 1 of linux/arm64 (DIGEST), ` +
				`which registry "HOST" does not have: 404 Not Found. Push the whole image again, every platform of it`}},
		{"a_layer_that_needs_a_sign_in", answer(401), fault{finding.ImageUnauthorized,
			`registry "HOST" refuses to show image "HOST/cart:1": 401 Unauthorized` + signIn}},
		{"a_layer_that_is_forbidden", answer(403), fault{finding.ImageUnauthorized,
			`registry "HOST" refuses to show image "HOST/cart:1": 403 Forbidden` + signIn}},
		{"a_server_that_fails", answer(502), fault{"",
			`image "HOST/cart:1": registry "HOST" answered 502 Bad Gateway to /v2/cart/blobs/DIGEST` + tryLater}},
		{"a_server_that_hangs", hang, fault{"",
			`image "HOST/cart:1": registry "HOST" cannot be reached: nothing received for 1s` + checkServer}},
	} {
		t.Run(test.name, func(t *testing.T) {
			opts := options()
			opts.impatient(time.Second)
			host := serve(t, newCounted(test.before))
			_, err := inspected(t, opts, push(t, host+"/cart:1", indexOf(entry(img, &arm64))))
			if diff := cmp.Diff(test.want, faultOf(err, host)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestInspect_stops_when_interrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	img := app(amd64, binaryFor("amd64")).image(t)
	host := serve(t, newCounted(func(_ http.ResponseWriter, r *http.Request, _ int) bool {
		if strings.HasSuffix(r.URL.Path, layerOf(t, img)) {
			interrupt()
			<-r.Context().Done()
		}
		return false
	}))
	client := options().client()
	result := client.Resolve(ctx, []name.Reference{push(t, host+"/cart:1", img)})[0]
	if err := client.Inspect(ctx, result.Image)[0]; !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want one that says it was cancelled", err)
	}
}

// A layer whose connection breaks is resumed, not begun anew.
func TestBroken_layer_is_resumed(t *testing.T) {
	r := app(arm64, binaryFor("arm64"))
	r.layers = []files{{"data", string(noise(1 << 20)), "app", binaryFor("arm64")}}
	img := r.image(t)
	var spans []string
	host := serve(t, newCounted(func(w http.ResponseWriter, r *http.Request, asked int) bool {
		if !strings.HasSuffix(r.URL.Path, layerOf(t, img)) {
			return false
		}
		spans = append(spans, r.Header.Get("Range"))
		if asked > 1 {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(must(img.Manifest())(t).Layers[0].Size))
		content := must(must(img.Layers())(t)[0].Compressed())(t)
		piece := make([]byte, 1<<16)
		_ = must(content.Read(piece))(t)
		_, _ = w.Write(piece)
		w.(http.Flusher).Flush()
		connection, _, _ := w.(http.Hijacker).Hijack()
		connection.Close()
		return true
	}))
	found, err := inspected(t, options(), push(t, host+"/cart:1", img))
	if err != nil || len(found.Manifests[0].Inspection.Programs) != 1 {
		t.Fatalf("got %+v, %v", found.Manifests[0].Inspection, err)
	}
	if len(spans) != 2 || spans[0] != "" || !strings.HasPrefix(spans[1], "bytes=65536-") {
		t.Errorf("asked for parts %q, want all and then what follows 65536 bytes", spans)
	}
}

func TestEach_blob_is_fetched_once(t *testing.T) {
	registry := newCounted(nil)
	host := serve(t, registry)
	base := files{"bin/sh", binaryFor("amd64"), "usr/lib/data", "shared"}
	of := func(top string) v1.Image {
		return recipe{platform: amd64, layers: []files{base, {"entry.sh", "#!/bin/sh\n" + top}},
			start: []string{"/entry.sh"}}.image(t)
	}
	var refs []name.Reference
	for _, repository := range []string{"cart", "till", "shelf"} {
		refs = append(refs, push(t, host+"/"+repository+":1", indexOf(entry(of("echo\n"), &amd64), entry(of("echo\n"),
			&arm64), entry(of("true\n"), &armv7))))
	}
	images := examine(t, options(), append(refs, refs[0])...)
	if len(images) != 4 || len(images[2].Twins) != 1 {
		t.Errorf("got %d images with %d twins in the third, want 4 with 1", len(images), len(images[2].Twins))
	}
	for digest, n := range registry.blobs() {
		if n != 1 {
			t.Errorf("blob %s was fetched %d times", digest, n)
		}
	}
	if len(registry.blobs()) != 5 {
		t.Errorf("%d blobs were fetched, want 3 layers and 2 configs", len(registry.blobs()))
	}
}

// A registry gives tokens for one repository, and a run should ask for one once.
func TestToken_is_asked_for_once(t *testing.T) {
	tokens := 0
	host := serve(t, newCounted(func(w http.ResponseWriter, r *http.Request, _ int) bool {
		switch {
		case r.URL.Path == "/token":
			tokens++
			fmt.Fprint(w, `{"token":"open"}`)
			return true
		case r.Header.Get("Authorization") == "Bearer open":
			return false
		}
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://%s/token",service="test"`, r.Host))
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}))
	ref := push(t, host+"/cart:1", indexOf(entry(app(amd64, binaryFor("amd64")).image(t), &amd64)))
	tokens = 0
	if _, err := inspected(t, options(), ref); err != nil || tokens != 1 {
		t.Errorf("%d tokens, error %v; want one token", tokens, err)
	}
}

// everywhere is a network on which all names lead to one server.
func everywhere(host string) *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, host)
	}}
}

func TestPlain_HTTP_is_for_loopback_and_where_asked(t *testing.T) {
	host := newRegistry(t)
	push(t, host+"/cart:1", app(amd64, binaryFor("amd64")).image(t))
	for _, test := range []struct {
		registry string
		plain    []string
		want     string
	}{
		{registry: "registry.localhost:5000"},
		{registry: "10.1.2.3:5000", want: `image "10.1.2.3:5000/cart:1": 10.1.2.3:5000 speaks no HTTPS, and plain HTTP is for loopback alone; name it in insecure-registries if the network between can be trusted`},
		{registry: "10.1.2.3:5000", plain: []string{"10.1.2.3:5000"}},
		{registry: "registry.lan:5000", want: `image "registry.lan:5000/cart:1": registry.lan:5000 speaks no HTTPS, and plain HTTP is for loopback alone; name it in insecure-registries if the network between can be trusted`},
		{registry: "registry.lan:5000", plain: []string{"other.lan", "registry.lan:5000"}},
	} {
		t.Run(fmt.Sprint(test.registry, len(test.plain)), func(t *testing.T) {
			opts := options()
			opts.registry.Transport, opts.registry.PlainHTTP = everywhere(host), test.plain
			client := opts.client()
			result := client.Resolve(t.Context(), []name.Reference{parse(t, test.registry+"/cart:1")})[0]
			err := result.Err
			if err == nil {
				err = client.Inspect(t.Context(), result.Image)[0]
			}
			if got := fmt.Sprint(err); got != test.want && (err != nil || test.want != "") {
				t.Errorf("got error  %s\nwant error %s", got, test.want)
			}
		})
	}
}

func TestProxy_is_used(t *testing.T) {
	host := newRegistry(t)
	push(t, host+"/cart:1", app(amd64, binaryFor("amd64")).image(t))
	opts := options()
	opts.registry.PlainHTTP = []string{"registry.lan"}
	opts.registry.Transport = &http.Transport{Proxy: http.ProxyURL(must(url.Parse("http://" + newProxy(t, host)))(t))}
	if _, err := inspected(t, opts, parse(t, "registry.lan/cart:1")); err != nil {
		t.Error(err) // no other way leads to a name that nobody knows
	}
}

// newProxy starts a proxy that takes every name for one server.
func newProxy(t *testing.T, host string) (address string) {
	return serve(t, &httputil.ReverseProxy{
		Transport: everywhere(host), Rewrite: func(*httputil.ProxyRequest) {}, ErrorLog: log.New(io.Discard, "", 0)})
}

// noise does not get smaller when it is packed.
func noise(size int) []byte {
	content := make([]byte, size)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range content {
		content[i] = byte(random.Uint32())
	}
	return content
}
