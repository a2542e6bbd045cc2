//go:build engines

package buildkit_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
)

func TestBuild_joins_what_several_BuildKits_made(t *testing.T) {
	one, two, host := buildkit.Start(t), buildkit.Start(t), newRegistry(t)
	b, log := builder(one, two)
	b.Endpoints[0].Platforms = []v1.Platform{arm64}
	dir := folder(t, host, map[string]string{"Dockerfile": "FROM BASE\nARG HURT=no\nRUN echo $TARGETARCH && test " +
		"\"$HURT$(uname -m)\" != \"yesx86_64\"\n"})
	s := spec(t, host, "cart", dir)
	s.Annotations.Index = map[string]string{"org.opencontainers.image.title": "cart"}

	s.Dockerfile.Args = map[string]string{"HURT": "yes"}
	if _, err := b.Build(t.Context(), []build.Spec{s}); stepError(t, err).Line != 3 || exists(t, s.Reference) {
		t.Fatalf("one half fails (%v), and the tag exists: %t", err, exists(t, s.Reference))
	}

	s.Dockerfile.Args = nil
	index := mustBuild(t, b, s)
	if diff := cmp.Diff([]string{"linux/amd64", "linux/arm64", "unknown/unknown", "unknown/unknown"}, offers(t,
		index)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.Annotations.Index, manifest.Annotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	if err := validate.Index(index, validate.Fast); err != nil {
		t.Error(err)
	}
	if starts := strings.Count(log.text(), "START Build cart"); starts != 2 {
		t.Errorf("two builds of one image show %d groups:\n%s", starts, log.text())
	}
}

func TestBuild_over_TLS(t *testing.T) {
	certs, host := buildkit.NewCertificates(t), newRegistry(t)
	address := buildkit.StartTLS(t, certs)
	s := spec(t, host, "cart", folder(t, host, map[string]string{"Dockerfile": "FROM scratch\nCOPY Dockerfile /\n"}))
	for _, test := range []struct {
		name, fault string
		endpoint    build.Endpoint
	}{
		{"with_the_right_certificates", "", build.Endpoint{CACert: certs.CACert, Cert: certs.ClientCert,
			Key: certs.ClientKey}},
		{"without_a_client_certificate", "BuildKit does not answer", build.Endpoint{CACert: certs.CACert}},
		{"from_an_authority_that_is_not_known", "certificate signed by unknown authority",
			build.Endpoint{Cert: certs.ClientCert, Key: certs.ClientKey}},
		{"under_another_name", "wanted to match other.example", build.Endpoint{CACert: certs.CACert, Cert: certs.ClientCert,
			Key: certs.ClientKey, ServerName: "other.example"}},
		{"with_a_certificate_but_no_key", "cert and key go together; only one of them was given",
			build.Endpoint{Cert: certs.ClientCert}},
		{"with_a_file_that_is_missing", "no such file", build.Endpoint{CACert: certs.CACert + ".none"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, _ := builder()
			test.endpoint.Address = address
			b.Endpoints = []build.Endpoint{test.endpoint}
			_, err := b.Build(t.Context(), []build.Spec{s})
			if (err == nil) != (test.fault == "") || err != nil && !strings.Contains(err.Error(), test.fault) {
				t.Errorf("got error %v, want one with %q", err, test.fault)
			}
		})
	}
}

func TestBuild_needs_a_builder_for_each_platform(t *testing.T) {
	b, _ := builder(buildkit.Start(t))
	b.Endpoints[0].Platforms = []v1.Platform{arm64}
	_, err := b.Build(t.Context(), []build.Spec{spec(t, "127.0.0.1:1", "cart", folder(t, "",
		map[string]string{"Dockerfile": "FROM scratch\n"}))})
	const want = "building cart: no builder is for linux/amd64; add it to the platforms of one, or add a builder " +
		"without platforms"
	if err == nil || err.Error() != want {
		t.Errorf("got error  %v\nwant error %s", err, want)
	}
}
