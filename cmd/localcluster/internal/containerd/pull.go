package containerd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/machine"
)

// Puller pulls as containerd does for one platform.
type Puller struct {
	Platform platforms.MatchComparer
	Dialect  Dialect
	Cache    *Cache
	// Plain is the registry that speaks plain HTTP, host:port.
	Plain string
}

// Pulled is an image as it came from its registry.
type Pulled struct {
	id          v1.Hash
	size        int64
	config      v1.Config
	files       *machine.Files
	tag, digest string // names; tag is empty for a reference by digest
}

// Pull resolves the reference, picks the manifest for the platform and reads its config. The layers stay where they
// are until a program is looked up in them. Errors have the gRPC code and the words of containerd.
func (p Puller) Pull(ctx context.Context, image string, auth []authn.Authenticator) (*Pulled, error) {
	ref, err := p.reference(image)
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "failed to parse image reference %q: %v", image, err)
	}
	full := Name(ref)
	// Other pods read the layers of what this one pulls. So ctx, which ends with this pod, ends the pull alone.
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer context.AfterFunc(ctx, cancel)()
	desc, err := get(lasting, ref, auth)
	if err != nil {
		code, text := p.resolveError(full, err)
		return nil, status.Errorf(code, "failed to pull and unpack image %q: %s: %s", full, p.Dialect.unresolved(full), text)
	}
	img, err := p.choose(desc)
	if errors.Is(err, errNoPlatform) {
		return nil, status.Error(codes.NotFound, p.Dialect.noPlatform(full, desc.Digest.String()))
	}
	if err != nil {
		return nil, status.Errorf(codes.Unknown, "failed to pull and unpack image %q: %v", full, err)
	}
	result, err := p.describe(img)
	if err != nil {
		return nil, status.Errorf(codes.Unknown, "failed to pull and unpack image %q: %v", full, err)
	}
	if _, byTag := ref.(name.Tag); byTag {
		result.tag = full
	}
	result.digest = Name(ref.Context().Digest(desc.Digest.String()))
	return result, nil
}

func (p Puller) reference(image string) (name.Reference, error) {
	ref, err := name.ParseReference(image)
	if err == nil && ref.Context().RegistryStr() == p.Plain {
		return name.ParseReference(image, name.Insecure)
	}
	return ref, err
}

// get tries the credentials in turn, then none, as the kubelet does.
func get(ctx context.Context, ref name.Reference, auth []authn.Authenticator) (desc *remote.Descriptor, err error) {
	for _, a := range append(auth, authn.Anonymous) {
		if desc, err = remote.Get(ref, remote.WithContext(ctx), remote.WithAuth(a)); err == nil {
			return desc, nil
		}
	}
	return nil, err
}

var errNoPlatform = errors.New("no match for platform")

// choose mirrors images.Manifest of containerd: a reference straight to a manifest is taken whatever its platform;
// of an index the entry that matches best is taken, and nested indexes likewise.
func (p Puller) choose(desc *remote.Descriptor) (v1.Image, error) {
	if !desc.MediaType.IsIndex() {
		return desc.Image()
	}
	index, err := desc.ImageIndex()
	if err != nil {
		return nil, err
	}
	return p.chooseFrom(index)
}

func (p Puller) chooseFrom(index v1.ImageIndex) (v1.Image, error) {
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	entries := slices.DeleteFunc(slices.Clone(manifest.Manifests), func(d v1.Descriptor) bool {
		return d.Platform != nil && !p.Platform.Match(spec(*d.Platform))
	})
	slices.SortStableFunc(entries, func(a, b v1.Descriptor) int { return p.compare(a.Platform, b.Platform) })
	if len(entries) == 0 {
		return nil, errNoPlatform
	}
	return p.entry(index, entries[0])
}

// compare puts entries that name a platform before those that do not.
func (p Puller) compare(a, b *v1.Platform) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil || p.Platform.Less(spec(*a), spec(*b)):
		return -1
	case p.Platform.Less(spec(*b), spec(*a)):
		return 1
	}
	return 0
}

func (p Puller) entry(index v1.ImageIndex, d v1.Descriptor) (v1.Image, error) {
	if d.MediaType.IsIndex() {
		nested, err := index.ImageIndex(d.Digest)
		if err != nil {
			return nil, err
		}
		return p.chooseFrom(nested)
	}
	img, err := index.Image(d.Digest)
	if err != nil || d.Platform != nil {
		return img, err
	}
	// Only an entry that does not say its platform is judged by its config.
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	if !p.Platform.Match(spec(v1.Platform{OS: config.OS, Architecture: config.Architecture, Variant: config.Variant})) {
		return nil, errNoPlatform
	}
	return img, nil
}

func spec(p v1.Platform) platforms.Platform {
	return platforms.Normalize(platforms.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant,
		OSVersion: p.OSVersion})
}

func (p Puller) describe(img v1.Image) (*Pulled, error) {
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	manifest, err := img.Manifest()
	if err != nil {
		return nil, err
	}
	digest, err := img.Digest()
	if err != nil {
		return nil, err
	}
	fs, err := p.Cache.of(digest, img)
	if err != nil {
		return nil, err
	}
	size, err := img.Size()
	if err != nil {
		return nil, err
	}
	for _, blob := range append(manifest.Layers, manifest.Config) {
		size += blob.Size
	}
	return &Pulled{id: manifest.Config.Digest, size: size, config: config.Config, files: fs}, nil
}

// resolveError words what the registry, or the lack of one, answered.
func (p Puller) resolveError(full string, err error) (codes.Code, string) {
	var answer *transport.Error
	if !errors.As(err, &answer) {
		return codes.Unknown, "failed to do request: " + err.Error()
	}
	switch answer.StatusCode {
	case http.StatusNotFound:
		return codes.NotFound, full + ": not found"
	case http.StatusUnauthorized:
		return codes.Unknown, "pull access denied, repository does not exist or may require authorization: authorization " +
			"failed: no basic auth credentials"
	}
	return codes.Unknown, fmt.Sprintf("unexpected status from HEAD request to %s: %d %s",
		answer.Request.URL, answer.StatusCode, http.StatusText(answer.StatusCode))
}

// Name spells a reference as containerd does: Docker Hub is docker.io.
func Name(ref name.Reference) string {
	return strings.Replace(ref.Name(), name.DefaultRegistry, "docker.io", 1)
}
