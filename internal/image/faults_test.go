package image_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
)

// fault is how an error looks from outside; HOST replaces the registry, DIGEST any digest.
type fault struct {
	Code finding.Code
	Text string
}

var digest = regexp.MustCompile(`sha256:[0-9a-f]{64}`)

func faultOf(err error, host string) fault {
	var known *image.Error
	text := strings.ReplaceAll(fmt.Sprint(err), host, "HOST")
	f := fault{Text: digest.ReplaceAllString(text, "DIGEST")}
	if errors.As(err, &known) {
		f.Code = known.Code
	}
	return f
}

// answering is a registry that answers /v2/ well and everything else as told.
func answering(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/" {
			return
		}
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

const (
	tryLater    = `; try again later, and check that it is a container registry`
	checkPush   = `. Check the repository and the tag, and that the build pushed it`
	signIn      = `. Sign in with an identity that may pull it, and check the repository: some registries answer so where there is none`
	checkServer = `; check its name and port, that it runs, and that this machine may connect to it`
	indexType   = string(types.OCIImageIndex)
)

func TestResolve_says_what_registry_answered(t *testing.T) {
	for _, test := range []struct {
		name     string
		registry http.HandlerFunc
		want     fault
	}{
		{"no_such_tag", answering(404, "application/json",
			`{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}`),
			fault{finding.ImageNotFound, `image "HOST/cart:1" is not in registry "HOST": 404 Not Found (MANIFEST_UNKNOWN: manifest unknown)` + checkPush}},
		{"no_such_repository", answering(404, "application/json",
			`{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known"}]}`),
			fault{finding.ImageNotFound, `image "HOST/cart:1" is not in registry "HOST": 404 Not Found (NAME_UNKNOWN: repository name not known)` + checkPush}},
		{"not_found_without_a_word", answering(404, "text/plain", ""),
			fault{finding.ImageNotFound, `image "HOST/cart:1" is not in registry "HOST": 404 Not Found` + checkPush}},
		{"sign_in_needed", answering(401, "application/json",
			`{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`),
			fault{finding.ImageUnauthorized, `registry "HOST" refuses to show image "HOST/cart:1": 401 Unauthorized (UNAUTHORIZED: authentication required)` + signIn}},
		{"no_permission", answering(403, "application/json",
			`{"errors":[{"code":"DENIED","message":"requested access is denied"}]}`),
			fault{finding.ImageUnauthorized, `registry "HOST" refuses to show image "HOST/cart:1": 403 Forbidden (DENIED: requested access is denied)` + signIn}},
		{"broken", answering(500, "text/html", "<h1>oops</h1>"),
			fault{"", `image "HOST/cart:1": registry "HOST" answered 500 Internal Server Error to /v2/cart/manifests/1` +
				tryLater}},
		{"too_many_requests", answering(429, "application/json",
			`{"errors":[{"code":"TOOMANYREQUESTS","message":"rate limit"}]}`),
			fault{"", `image "HOST/cart:1": registry "HOST" answered 429 Too Many Requests (TOOMANYREQUESTS: rate limit) to /v2/cart/manifests/1` + tryLater}},
		{"a_web_server_that_is_no_registry", http.NotFound,
			fault{"", `image "HOST/cart:1": registry "HOST" answered 404 Not Found to /v2/` + tryLater}},
		{"a_web_page", answering(200, "text/html", "<h1>Welcome</h1>"),
			fault{"", `image "HOST/cart:1" in registry "HOST": registry sent "text/html" in place of a manifest; is it a container registry?`}},
		{"garbage_called_an_index", answering(200, indexType, "\x00\x01garbage"),
			fault{"", `image "HOST/cart:1" in registry "HOST": reading index DIGEST: invalid character '\x00' looking for beginning of value`}},
		{"a_huge_index", answering(200, indexType, strings.Repeat(" ", 4<<20+1)),
			fault{"", `image "HOST/cart:1" in registry "HOST": the manifest is larger than 4194304 bytes, which no image needs`}},
		{"an_index_of_nothing", answering(200, indexType, `{"schemaVersion":2,"manifests":[]}`),
			fault{finding.PlatformMissing, `index DIGEST of image "HOST/cart:1" lists no image for any platform. Build and push it again, for each platform`}},
		{"an_obsolete_manifest", answering(200, string(types.DockerManifestSchema1), `{"schemaVersion":1}`),
			fault{"", `image "HOST/cart:1" in registry "HOST": manifest has the obsolete schema 1, which names no platform; push the image again with a current tool`}},
		{"a_chart", answering(200, string(types.OCIManifestSchema1),
			`{"schemaVersion":2,"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json"}}`),
			fault{"", `image "HOST/cart:1" in registry "HOST": not a container image but an artifact of type "application/vnd.cncf.helm.config.v1+json", such as a chart or a signature; name an image`}},
		{"an_artifact_with_a_type", answering(200, string(types.OCIManifestSchema1),
			`{"schemaVersion":2,"artifactType":"application/vnd.example.sbom","config":{"mediaType":"application/vnd.oci.empty.v1+json"}}`),
			fault{"", `image "HOST/cart:1" in registry "HOST": not a container image but an artifact of type "application/vnd.example.sbom", such as a chart or a signature; name an image`}},
		{"a_huge_config", answering(200, string(types.OCIManifestSchema1),
			`{"schemaVersion":2,"config":{"mediaType":"`+string(types.OCIConfigJSON)+`","size":99999999}}`),
			fault{"", `image "HOST/cart:1" in registry "HOST": config of manifest DIGEST has 99999999 bytes; at most 4194304 are read`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			host := serve(t, test.registry)
			_, err := resolve(t.Context(), parse(t, host+"/cart:1"), options())
			if diff := cmp.Diff(test.want, faultOf(err, host)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestResolve_names_entry_that_registry_lacks(t *testing.T) {
	host := newRegistry(t)
	gone := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)}
	ref := push(t, host+"/cart:1", rawJSON(t, "application/json", v1.IndexManifest{
		SchemaVersion: 2, MediaType: types.OCIImageIndex,
		Manifests: []v1.Descriptor{{MediaType: types.OCIManifestSchema1, Digest: gone, Platform: &arm64}},
	}))
	_, err := resolve(t.Context(), ref, options())
	want := fault{finding.ImageNotFound, `image "HOST/cart:1" is incomplete: it lists linux/arm64 (DIGEST), ` +
		`which registry "HOST" does not have: 404 Not Found (MANIFEST_UNKNOWN: Unknown manifest). Push the whole image again, every platform of it`}
	if diff := cmp.Diff(want, faultOf(err, host)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestResolve_keeps_the_whole_text_of_a_sign_in(t *testing.T) {
	opts := options()
	opts.registry.Keychain = brokenKeychain{}
	host := newRegistry(t)
	_, err := resolve(t.Context(), parse(t, host+"/cart:1"), opts)
	want := fault{"", `image "HOST/cart:1": signing in to registry "HOST": nobody trusts this job.` +
		"\nDo this:\n    trust it"}
	if diff := cmp.Diff(want, faultOf(err, host)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// brokenKeychain fails to sign in, and says what to do.
type brokenKeychain struct{}

func (k brokenKeychain) Resolve(authn.Resource) (authn.Authenticator, error) { return k, nil }

func (brokenKeychain) Authorization() (*authn.AuthConfig, error) {
	return nil, errors.New("nobody trusts this job.\nDo this:\n    trust it")
}

func TestError_is_a_finding(t *testing.T) {
	host := serve(t, answering(404, "text/plain", ""))
	_, err := resolve(t.Context(), parse(t, host+"/cart:1"), options())
	var known *image.Error
	if !errors.As(err, &known) {
		t.Fatalf("got error %v, want an *image.Error", err)
	}
	want := finding.Finding{
		Code: finding.ImageNotFound, Severity: finding.Error, Image: host + "/cart:1",
		Message: fmt.Sprintf("image %q is not in registry %q: 404 Not Found", host+"/cart:1", host),
		Fix:     "Check the repository and the tag, and that the build pushed it",
	}
	if diff := cmp.Diff(want, known.Finding()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestResolve_bounds_what_is_read(t *testing.T) {
	deep := indexOf(entry(imageFor(t, amd64), &amd64))
	for range 4 {
		deep = indexOf(entry(deep, nil))
	}
	wide := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex}
	for i := range 257 {
		wide.Manifests = append(wide.Manifests, v1.Descriptor{
			MediaType: types.OCIManifestSchema1, Digest: v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064d", i)},
		})
	}
	host := newRegistry(t)
	push(t, host+"/cart:child", imageFor(t, amd64))
	child := v1.Descriptor{MediaType: types.DockerManifestSchema2, Digest: must(imageFor(t, amd64).Digest())(t),
		Platform: &amd64}
	many := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex}
	for i := range 5 {
		list := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex,
			Annotations: map[string]string{"n": fmt.Sprint(i)}}
		list.Manifests = slices.Repeat([]v1.Descriptor{child}, 255)
		part := rawJSON(t, types.OCIImageIndex, list)
		push(t, fmt.Sprintf("%s/cart:part-%d", host, i), part)
		digest, size, err := v1.SHA256(bytes.NewReader(part.body))
		if err != nil {
			t.Fatal(err)
		}
		many.Manifests = append(many.Manifests, v1.Descriptor{MediaType: types.OCIImageIndex, Digest: digest, Size: size})
	}
	for _, test := range []struct {
		name, want string
		push       remote.Taggable
	}{
		{"too_many_in_all", "its indexes list more than 1024 manifests in all; at most that many are read", rawJSON(t,
			types.OCIImageIndex, many)},
		{"too_deep", "lies more than 4 indexes deep", deep},
		{"too_wide", "lists 257 manifests; at most 256 are read", rawJSON(t, "application/json", wide)},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := resolve(t.Context(), push(t, host+"/cart:1", test.push), options())
			if err == nil || !strings.HasSuffix(err.Error(), test.want) {
				t.Errorf("got error %v, want one that ends in %q", err, test.want)
			}
		})
	}
}

func TestResolve_tries_again_after_brief_trouble(t *testing.T) {
	var asked atomic.Int32
	host := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v2/" && asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		answering(404, "text/plain", "")(w, r)
	}))
	_, err := resolve(t.Context(), parse(t, host+"/cart:1"), options())
	if got := faultOf(err, host).Code; got != finding.ImageNotFound {
		t.Errorf("got %q (%v), want the third answer, %q", got, err, finding.ImageNotFound)
	}
}

func TestResolve_ends_when_registry_does_not(t *testing.T) {
	quick := options()
	quick.impatient(time.Second)
	quick.image.Timeout = 3 * time.Second
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	stall := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", indexType)
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	for _, test := range []struct {
		name, reason string
		serve        func(*testing.T) string
	}{
		{"nobody_listens", "dial tcp HOST: connect: connection refused", refused},
		{"it_speaks_no_http", "tls: first record does not look like a TLS handshake",
			func(t *testing.T) string { return speak(t, "SSH-2.0\r\n") }},
		{"it_says_nothing_at_all", "nothing received for 1s", func(t *testing.T) string { return speak(t, "") }},
		{"it_hangs_at_once", "nothing received for 1s", func(t *testing.T) string {
			return serve(t,
				http.HandlerFunc(hang))
		}},
		{"it_hangs_after_the_headers", "nothing received for 1s, after 0 bytes of its answer",
			func(t *testing.T) string { return serve(t, afterPing(stall)) }},
		{"it_takes_for_ever", "not done after 3s", func(t *testing.T) string { return serve(t, afterPing(drip)) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			host, began := test.serve(t), time.Now()
			_, err := resolve(t.Context(), parse(t, host+"/cart:1"), quick)
			want := fault{"", `image "HOST/cart:1": registry "HOST" cannot be reached: ` + test.reason + checkServer}
			if diff := cmp.Diff(want, faultOf(err, host)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if took := time.Since(began); took > 3*time.Minute {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestResolve_stops_when_interrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	host := serve(t, afterPing(func(_ http.ResponseWriter, r *http.Request) { interrupt(); <-r.Context().Done() }))
	_, err := resolve(ctx, parse(t, host+"/cart:1"), options())
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want one that says it was cancelled", err)
	}
}

// What a registry or its redirects carry in a URL may open a private blob to whoever reads a build log.
func TestErrors_contain_no_token(t *testing.T) {
	nobody := refused(t)
	for name, answer := range map[string]http.HandlerFunc{
		"in_a_redirect": afterPing(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+nobody+"/blob?X-Amz-Signature=s3cret", http.StatusTemporaryRedirect)
		}),
		"in_a_redirect_that_is_refused": func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/v2/":
			case "/elsewhere":
				w.WriteHeader(http.StatusForbidden)
			default:
				http.Redirect(w, r, "/elsewhere?token=s3cret", http.StatusTemporaryRedirect)
			}
		},
		"in_a_token_server's_answer": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/token" {
				fmt.Fprint(w, `{"refresh":"s3cret"}`)
				return
			}
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+`/token",service="test"`)
			w.WriteHeader(http.StatusUnauthorized)
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := resolve(t.Context(), parse(t, serve(t, answer)+"/cart:1"), options())
			if err == nil || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got error %v, want one without the secret", err)
			}
		})
	}
}

// refused is an address where nobody listens.
func refused(t *testing.T) string {
	t.Helper()
	listener := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	defer listener.Close()
	return listener.Addr().String()
}

// speak is a server that says its piece to everyone and hangs up; without one it keeps silent until the other side
// goes.
func speak(t *testing.T, piece string) string {
	t.Helper()
	listener := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				if fmt.Fprint(connection, piece); piece == "" {
					io.Copy(io.Discard, connection)
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// afterPing lets the first step of every client succeed.
func afterPing(then http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v2/" {
			then(w, r)
		}
	}
}

// drip sends a byte now and then, so that there is never silence and never an end.
func drip(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", indexType)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
			fmt.Fprint(w, " ")
			w.(http.Flusher).Flush()
		}
	}
}
