package image_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image/verify"
)

// answers is a network on which one registry answers all that it is asked for with the same bytes.
type answers struct {
	mediaType types.MediaType
	content   []byte
}

// RoundTrip implements http.RoundTripper.
func (a answers) RoundTrip(request *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if request.URL.Path != "/v2/" {
		w.Header().Set("Content-Type", string(a.mediaType))
		_, _ = w.Write(a.content)
	}
	response := w.Result()
	response.Request = request
	return response, nil
}

// FuzzResolve reads any bytes as an index and as a manifest. References by digest are not checked against them here:
// every child leads to what is already there, as deep as it goes.
func FuzzResolve(f *testing.F) {
	for _, seed := range []string{
		`{"schemaVersion":2,"manifests":[]}`,
		`{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":7,"digest":"sha256:` + strings.Repeat("0", 64) + `","platform":{"os":"linux","architecture":"arm64"}}]}`,
		`{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":2,"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},"layers":[]}`,
		`{"schemaVersion":2,"artifactType":"a/b","config":{"mediaType":"application/vnd.oci.empty.v1+json"}}`,
		`{"schemaVersion":1}`, `[]`, `{"manifests":[{},{}]}`, "\x00",
	} {
		f.Add([]byte(seed))
	}
	ref := parse(f, "127.0.0.1:5000/cart:1")
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, mediaType := range []types.MediaType{types.OCIImageIndex, types.OCIManifestSchema1,
			types.DockerManifestSchema2, "text/plain"} {
			opts := options()
			opts.registry.Transport = answers{mediaType, content}
			opts.registry.Reads.Attempts = 1
			result := opts.client().Resolve(context.Background(), refs(ref))[0]
			if result.Err != nil {
				continue
			}
			if len(result.Image.Manifests) == 0 {
				t.Error("an image without a manifest")
			}
			verify.Image(result.Image, []v1.Platform{amd64, arm64})
		}
	})
}

// FuzzConfig reads any bytes as a config, and follows what it starts.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{
		`{"os":"linux","architecture":"arm64","config":{"Entrypoint":["/bin/sh","-c","exec app"],"Env":["PATH=/opt"],"WorkingDir":"/srv"}}`,
		`{"config":{"Cmd":["a"]},"rootfs":{"type":"layers","diff_ids":["sha256:x"]}}`, `{}`, `null`, `{"os":"windows"}`,
		`{"architecture":"` + strings.Repeat("a", 300) + `"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		host := fakeImage(t, content)
		opts := options()
		opts.registry.Transport, opts.registry.Reads.Attempts = host, 1
		client := opts.client()
		result := client.Resolve(context.Background(), refs(parse(t, "127.0.0.1:5000/cart:1")))[0]
		if result.Err != nil {
			return
		}
		client.Inspect(context.Background(), result.Image)
		verify.Image(result.Image, []v1.Platform{amd64, arm64})
	})
}

// fakeImage is an image of one layer with a shell, and a config of any bytes.
func fakeImage(t *testing.T, config []byte) http.RoundTripper {
	t.Helper()
	layer := archive(files{"bin/sh", binaryFor("arm64"), "opt/app", binaryFor("amd64")})
	blobs := map[string][]byte{}
	describe := func(mediaType types.MediaType, content []byte) v1.Descriptor {
		digest, size, err := v1.SHA256(strings.NewReader(string(content)))
		if err != nil {
			t.Fatal(err)
		}
		blobs[digest.String()] = content
		return v1.Descriptor{MediaType: mediaType, Digest: digest, Size: size}
	}
	manifest := rawJSON(t, types.OCIManifestSchema1, v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: describe(types.OCIConfigJSON, config),
		Layers: []v1.Descriptor{describe(types.OCIUncompressedLayer, layer)},
	})
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		_, digest, isBlob := strings.Cut(request.URL.Path, "/blobs/")
		if isBlob {
			return answers{"application/octet-stream", blobs[digest]}.RoundTrip(request)
		}
		return answers{manifest.mediaType, manifest.body}.RoundTrip(request)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }
