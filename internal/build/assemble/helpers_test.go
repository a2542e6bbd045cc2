package assemble_test

import (
	"archive/tar"
	"debug/elf"
	"encoding/binary"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/build/assemble"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
	registrytest "github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

// machine is an ELF header for a CPU: all of a binary that anyone looks at before it is started.
func machine(goarch string) string {
	class, kind := elf.ELFCLASS64, map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64,
		"arm": elf.EM_ARM, "386": elf.EM_386}[goarch]
	if goarch == "arm" || goarch == "386" {
		class = elf.ELFCLASS32
	}
	head := make([]byte, 64)
	copy(head, elf.ELFMAG)
	head[elf.EI_CLASS], head[elf.EI_DATA] = byte(class), byte(elf.ELFDATA2LSB)
	binary.LittleEndian.PutUint16(head[18:], uint16(kind))
	return string(head)
}

// folder writes files, by their paths, into a new folder. A path with a slash at its end is a folder, content that
// starts with "-> " a symbolic link.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for path, content := range files {
		full := filepath.Join(root, path)
		must(true, os.MkdirAll(filepath.Dir(full), 0o755))(t)
		target, link := strings.CutPrefix(content, "-> ")
		switch {
		case strings.HasSuffix(path, "/"):
			must(true, os.MkdirAll(full, 0o755))(t)
		case link:
			must(true, os.Symlink(target, full))(t)
		default:
			must(true, os.WriteFile(full, []byte(content), 0o600))(t)
		}
	}
	return root
}

// dist is what a cross-compiling job leaves behind.
func dist(t *testing.T) string {
	return folder(t, map[string]string{
		"linux_amd64/cart": machine("amd64"),
		"linux_arm64/cart": machine("arm64"),
		"linux_armv7/cart": machine("arm"),
	})
}

// cartFor is an image of one binary, to be pushed to shop/cart.
func cartFor(t *testing.T, registry *registrytest.Registry, dist string, platforms ...v1.Platform) build.Spec {
	t.Helper()
	return build.Spec{
		Name:      "registry/cart",
		Reference: must(name.NewTag(registry.Host + "/shop/cart:1"))(t),
		Platforms: platforms,
		Assembly: build.Assembly{
			Artifacts: []build.Artifact{{Source: filepath.Join(dist, "{os}_{arch}{variant}", "cart"),
				Destination: "/app/cart"}},
			Entrypoint: []string{"/app/cart"},
		},
	}
}

// client is for registries that fail on purpose: it does not wait long before it asks again.
func client(keychain authn.Keychain, change ...func(*registry.Options)) *registry.Client {
	opts := registry.DefaultOptions()
	opts.Keychain = keychain
	opts.Reads.Pause, opts.Writes.Pause = time.Millisecond, time.Millisecond
	for _, c := range change {
		c(&opts)
	}
	return registry.New(opts)
}

func run(t *testing.T, registry *registrytest.Registry, specs ...build.Spec) ([]v1.Hash, error) {
	t.Helper()
	builder := assemble.Builder{Registry: client(registry.Keychain)}
	return builder.Build(t.Context(), specs)
}

// mustRun builds and pulls: the index must be valid, and stand under its tag with the digest that Build returned.
func mustRun(t *testing.T, registry *registrytest.Registry, spec build.Spec) v1.ImageIndex {
	t.Helper()
	digests := must(run(t, registry, spec))(t)
	index := must(remote.Index(spec.Reference, remote.WithAuthFromKeychain(registry.Keychain)))(t)
	if err := validate.Index(index); err != nil {
		t.Errorf("the index is not valid: %v", err)
	}
	if got := must(index.Digest())(t); got != digests[0] {
		t.Errorf("the tag leads to %s, Build returned %s", got, digests[0])
	}
	return index
}

// images are those of an index, in its order.
func images(t *testing.T, index v1.ImageIndex) (list []v1.Image) {
	t.Helper()
	for _, entry := range must(index.IndexManifest())(t).Manifests {
		list = append(list, must(index.Image(entry.Digest))(t))
	}
	return list
}

// osBase is a base as docker makes them: Docker's media types, a config, a label and an annotation of its own.
func osBase(t *testing.T, p v1.Platform, files map[string]string) v1.Image {
	t.Helper()
	var list []assemble.File
	for path, content := range files {
		f := assemble.File{Path: path, Content: []byte(content)}
		if target, link := strings.CutPrefix(content, "-> "); link {
			f = assemble.File{Path: path, Link: target}
		}
		list = append(list, f)
	}
	made := must(assemble.Image(assemble.Spec{Platform: p, Files: list}))(t)
	image := must(mutate.Append(empty.Image, mutate.Addendum{
		Layer: must(made.Layers())(t)[0], MediaType: types.DockerLayer, History: v1.History{CreatedBy: "debootstrap"},
	}))(t)
	config := must(image.ConfigFile())(t).DeepCopy()
	config.OS, config.Architecture, config.Variant = p.OS, p.Architecture, p.Variant
	config.Config = v1.Config{
		Entrypoint: []string{"/sbin/init"}, Cmd: []string{"--verbose"}, User: "nobody",
		Env: []string{"PATH=/bin", "LANG=C"}, Labels: map[string]string{"os": "test"},
	}
	image = must(mutate.ConfigFile(image, config))(t)
	return mutate.Annotations(image, map[string]string{"base": "of the base alone"}).(v1.Image)
}

// pushBase pushes a base for several platforms.
func pushBase(t *testing.T, registry *registrytest.Registry, reference string, images ...v1.Image) name.Reference {
	t.Helper()
	ref := must(name.ParseReference(registry.Host + "/" + reference))(t)
	must(true, remote.Push(ref, must(assemble.Index(images...))(t), remote.WithAuthFromKeychain(registry.Keychain)))(t)
	return ref
}

// recorder notes the requests of a registry, and can spoil some of them.
type recorder struct {
	mu       sync.Mutex
	requests []string
	// spoil, if not nil, says which requests fail.
	spoil func(*http.Request) bool
}

func (r *recorder) wrap(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.mu.Lock()
		r.requests = append(r.requests, request.Method+" "+request.URL.RequestURI())
		spoil := r.spoil
		r.mu.Unlock()
		if spoil != nil && spoil(request) {
			http.Error(w, "out of order", http.StatusInternalServerError)
			return
		}
		inner.ServeHTTP(w, request)
	})
}

// start forgets what was asked so far, and spoils requests from now on.
func (r *recorder) start(spoil func(*http.Request) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests, r.spoil = nil, spoil
}

// matching are the requests noted that contain a text.
func (r *recorder) matching(text string) (list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, request := range r.requests {
		if strings.Contains(request, text) {
			list = append(list, request)
		}
	}
	return list
}

func remoteIndex(registry *registrytest.Registry, ref name.Reference) (v1.ImageIndex, error) {
	return remote.Index(ref, remote.WithAuthFromKeychain(registry.Keychain))
}

func headers(t *testing.T, layer v1.Layer) (list []*tar.Header) {
	t.Helper()
	content := must(layer.Uncompressed())(t)
	defer content.Close()
	for archive := tar.NewReader(content); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return list
		}
		list = append(list, must(header, err)(t))
	}
}
