package registry_test

import (
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// A registry can read what it is sent, and write it into an error that ends up in a public log.
func TestClient_hides_credentials_that_a_registry_echoes(t *testing.T) {
	const password, refresh, token = "pass/word+1", "refresh-4711", "bearer-0815"
	basic := base64.StdEncoding.EncodeToString([]byte("shop:" + password))
	echo := func(w http.ResponseWriter, r *http.Request) {
		form, _ := io.ReadAll(io.LimitReader(r.Body, 1<<10))
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"errors":[{"code":"DENIED","message":"%s %s %s"}]}`, r.Header.Get("Authorization"), form,
			r.URL.RawQuery)
	}
	challenge := func(scheme string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "" {
				w.Header().Set("WWW-Authenticate", fmt.Sprintf(`%s realm="http://%s/token",service="x"`, scheme, r.Host))
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			echo(w, r)
		}
	}
	tests := []struct {
		name     string
		keychain signedIn
		handler  http.HandlerFunc
	}{
		{"basic", signedIn{Username: "shop", Password: password}, challenge("Basic")},
		{"at_the_token_server", signedIn{Username: "shop", Password: password}, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/token" {
				echo(w, r)
				return
			}
			challenge("Bearer")(w, r)
		}},
		{"the_password_itself", signedIn{Username: "shop", Password: password}, func(w http.ResponseWriter, r *http.Request) {
			if _, sent, _ := r.BasicAuth(); sent != "" {
				w.WriteHeader(http.StatusForbidden)
				fmt.Fprintf(w, `{"errors":[{"code":"DENIED","message":"not with %s"}]}`, sent)
				return
			}
			challenge("Basic")(w, r)
		}},
		{"a_refresh_token", signedIn{IdentityToken: refresh}, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/token" {
				echo(w, r)
				return
			}
			challenge("Bearer")(w, r)
		}},
		{"a_token", signedIn{Username: "shop", Password: password}, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/token" {
				fmt.Fprintf(w, `{"token":%q}`, token)
				return
			}
			challenge("Bearer")(w, r)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			host := serve(t, test.handler)
			c := client(with(test.keychain))
			_, readErr := c.Get(t.Context(), tag(t, host+"/cart:1"))
			img, err := random.Image(10, 1)
			if err != nil {
				t.Fatal(err)
			}
			pushErr := c.Push(t.Context(), tag(t, host+"/cart:1"), img)
			for doing, err := range map[string]error{"read": readErr, "push": pushErr} {
				if err == nil {
					t.Fatalf("%s: the registry refuses all", doing)
				}
				text := c.Explain(t.Context(), host, err).Error()
				for _, secret := range []string{password, url.QueryEscape(password), refresh, token, basic} {
					if strings.Contains(text, secret) {
						t.Errorf("%s: %s", doing, text)
					}
				}
			}
		})
	}
}

// An upload goes on at the URL that the registry names, which may contain a password.
func TestClient_hides_the_password_in_an_upload_s_location(t *testing.T) {
	host := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			w.Header().Set("Location", "http://shop:s3cret-pass@"+r.Host+"/upload/1?token=s3cret-token")
			w.WriteHeader(http.StatusAccepted)
		case r.Method == http.MethodPatch:
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"errors":[{"code":"BLOB_UPLOAD_INVALID","message":"%s s3cret-pass"}]}`,
				r.Header.Get("Authorization"))
		case r.URL.Path != "/v2/":
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	img, err := random.Image(10, 1)
	if err != nil {
		t.Fatal(err)
	}
	c := client()
	err = c.Push(t.Context(), tag(t, host+"/cart:1"), img)
	if err == nil {
		t.Fatal("the registry takes nothing")
	}
	if text := c.Explain(t.Context(), host, err).Error(); strings.Contains(text, "s3cret") {
		t.Error(text)
	}
}

// A redirect to another host goes without what the registry was sent.
func TestClient_sends_credentials_to_no_other_host(t *testing.T) {
	var leaked atomic.Value
	other := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "" {
			leaked.Store(got)
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	host := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") == "":
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path != "/v2/":
			http.Redirect(w, r, "http://"+strings.Replace(other, "127.0.0.1", "localhost", 1)+"/elsewhere",
				http.StatusTemporaryRedirect)
		}
	}))
	c := client(with(signedIn{Username: "shop", Password: "s3cret"}))
	if _, err := c.Get(t.Context(), tag(t, host+"/cart:1")); err == nil {
		t.Error("there is no such image")
	}
	if got := leaked.Load(); got != nil {
		t.Errorf("the other host was sent %q", got)
	}
}

// stalling sends ten bytes of what is asked for, and nothing more.
func stalling(path string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, path) {
			return
		}
		w.Header().Set("Content-Type", indexType)
		fmt.Fprint(w, `{"tags":["`) // ten bytes
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
}

func TestClient_ends_what_stalls(t *testing.T) {
	digest := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)}
	tests := []struct {
		name, path string
		ask        func(*testing.T, *registry.Client, name.Tag) error
	}{
		{"a_manifest", "/manifests/", func(t *testing.T, c *registry.Client, ref name.Tag) error {
			_, err := c.Get(t.Context(), ref)
			return err
		}},
		{"a_blob", "/blobs/", func(t *testing.T, c *registry.Client, ref name.Tag) error {
			blob, err := c.Blob(t.Context(), ref.Context(), v1.Descriptor{Digest: digest, Size: 100})
			if err == nil {
				_, err = io.Copy(io.Discard, blob)
				blob.Close()
			}
			return err
		}},
		{"a_list_of_tags", "/tags/list", func(t *testing.T, c *registry.Client, ref name.Tag) error {
			_, err := c.Tags(t.Context(), ref.Context())
			return err
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			host := serve(t, stalling(test.path))
			c, began := client(), time.Now()
			err := test.ask(t, c, tag(t, host+"/cart:1"))
			if err == nil {
				t.Fatal("it came to an end")
			}
			want := fmt.Sprintf("registry %q cannot be reached: nothing received for 1s, after 10 bytes of its answer; ",
				host)
			if got := c.Explain(t.Context(), host, err).Error(); !strings.HasPrefix(got, want) {
				t.Errorf("got  %s\nwant %s…", got, want)
			}
			if took := time.Since(began); took > 3*time.Minute {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// Packed, 600 manifests of 4 MB are a few kilobytes each. Together they took 2.4 GB.
func TestClient_bounds_what_all_manifests_take(t *testing.T) {
	manifest := []byte(`{"schemaVersion":2,"mediaType":"` + indexType + `","manifests":[]}` + strings.Repeat(" ",
		4<<20-200))
	host := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/" {
			return
		}
		w.Header().Set("Content-Type", indexType)
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			w.Header().Set("Content-Encoding", "gzip")
			packed := gzip.NewWriter(w)
			_, _ = packed.Write(manifest)
			_ = packed.Close()
			return
		}
		_, _ = w.Write(manifest)
	}))
	c := client(patient)
	var refused error
	for i := range 40 {
		if _, err := c.Manifest(t.Context(), tag(t, fmt.Sprintf("%s/cart:%d", host, i))); err != nil {
			refused = err
			break
		}
	}
	const want = "the manifests and configs of all images have more than 67108864 bytes, which is the most that is kept"
	if refused == nil || !strings.Contains(refused.Error(), want) {
		t.Errorf("got error %v, want %q", refused, want)
	}
}

// Three bytes of JSON can make hundreds in memory.
func TestClient_bounds_the_values_of_a_manifest(t *testing.T) {
	host := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", indexType)
		fmt.Fprint(w, `{"schemaVersion":2,"manifests":[{}`+strings.Repeat(",{}", 1<<20)+`]}`)
	}))
	_, err := client().Get(t.Context(), tag(t, host+"/cart:1"))
	if err == nil || !strings.Contains(err.Error(), "more than 65536 values") {
		t.Errorf("got error %v, want one about the values", err)
	}
}

// Fifty images of a registry that does not answer are not waited for fifty times.
func TestClient_does_not_ask_a_dead_registry_again_and_again(t *testing.T) {
	var asked atomic.Int32
	dead := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked.Add(1); <-r.Context().Done() }))
	alive := serve(t, real())
	c, began := client(), time.Now()
	var last error
	for i := range 50 {
		_, last = c.Manifest(t.Context(), tag(t, fmt.Sprintf("%s/image%d:1", dead, i)))
	}
	if took := time.Since(began); took > 3*time.Minute {
		t.Errorf("it took %s", took)
	}
	want := fmt.Sprintf("registry %q cannot be reached: nothing received for 1s (not asked again after 3 failures); "+
		"check its name and port, that it runs, and that this machine may connect to it", dead)
	if got := c.Explain(t.Context(), dead, last).Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := c.Manifest(t.Context(), tag(t, alive+"/none:1")); c.Explain(t.Context(), alive,
		err).Kind != registry.NotFound {
		t.Errorf("another registry: got error %v, want that it has no such image", err)
	}
}

func TestCheckJSON(t *testing.T) {
	tests := []struct {
		name, content string
		ok            bool
	}{
		{"commas_in_a_string", `{"a":"` + strings.Repeat(`,[{\"`, 1<<17) + `"}`, true},
		{"many_values", "[0" + strings.Repeat(",0", 1<<16) + "]", false},
		{"many_lists", strings.Repeat("[", 1<<17), false},
		{"nothing", "", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := registry.CheckJSON([]byte(test.content)); (err == nil) != test.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}
