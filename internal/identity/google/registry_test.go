package google_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/google"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/golden"
)

func TestKeychain_knows_googles_registries_alone(t *testing.T) {
	w := newWorld(t)
	keychain := google.New(w.options, w.job).Keychain()
	for host, known := range map[string]bool{
		"europe-docker.pkg.dev": true, "us-central1-docker.pkg.dev": true, "gcr.io": true, "eu.gcr.io": true,
		"docker.io": false, "pkg.dev.example.com": false, "notgcr.io": false, "shop.azurecr.io": false,
	} {
		registry, err := name.NewRegistry(host)
		if err != nil {
			t.Fatal(err)
		}
		found, err := keychain.Resolve(registry)
		if err != nil {
			t.Fatal(err)
		}
		if got := found != authn.Anonymous; got != known {
			t.Errorf("%s: known %v, want %v", host, got, known)
		}
	}
	if asked := w.GitHub.Asked(); len(asked) != 0 {
		t.Errorf("asked for %v before a token was needed", asked)
	}
}

func TestKeychain_pushes_and_pulls_beyond_the_life_of_a_token(t *testing.T) {
	w := newWorld(t)
	w.google.Life = 2 * time.Second
	w.google.ArtifactRegistry("europe-docker.pkg.dev")
	ref, err := name.ParseReference("europe-docker.pkg.dev/octo-shop/shop/web:v1")
	if err != nil {
		t.Fatal(err)
	}
	image, err := random.Image(1024, 2)
	if err != nil {
		t.Fatal(err)
	}
	options := []remote.Option{
		remote.WithAuthFromKeychain(google.New(w.options, w.job).Keychain()), remote.WithTransport(w.Client().Transport),
	}
	pusher, err := remote.NewPusher(options...)
	if err != nil {
		t.Fatal(err)
	}
	if err := pusher.Push(t.Context(), ref, image); err != nil {
		t.Fatal(err)
	}
	time.Sleep(w.google.Life) // the same pusher goes on with a new token
	if err := pusher.Push(t.Context(), ref.Context().Tag("v2"), image); err != nil {
		t.Fatal(err)
	}
	descriptor, err := remote.Head(ref.Context().Tag("v2"), append(options, remote.WithContext(t.Context()))...)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(digest, descriptor.Digest); diff != "" {
		t.Error(diff)
	}
}

func TestGrant_names_role_repository_and_member(t *testing.T) {
	w := newWorld(t)
	account := google.New(w.options, w.job)
	if _, err := account.Cluster(t.Context()); err != nil { // the member is known from the job's token
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", "no_artifactregistry_reader.txt"),
		account.Grant("europe-docker.pkg.dev/octo-shop/shop/web", false)+"\n")
	if got := account.Grant("shop.azurecr.io/web", false); got != "" {
		t.Errorf("another registry: %q", got)
	}
}
