package rollout_test

import (
	"context"
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/kustomize/kyaml/kio"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build/assemble"
	"github.com/multiarch-deploy/multiarch-deploy/internal/diagnose"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
)

// shared is the cluster of this package's tests.
func shared(t *testing.T) *cluster.Cluster {
	t.Helper()
	return cluster.Shared(t, cluster.Options{NodesFile: "testdata/nodes.yaml"})
}

// shop is one test's namespace, and what a deployer needs to reach it.
type shop struct {
	namespace string
	config    *rest.Config
	client    kubernetes.Interface
	rollout.Cluster
}

func openShop(t *testing.T) shop {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", shared(t).Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	s := shop{config: config, client: kubernetes.NewForConfigOrDie(config)}
	s.Mapper = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(s.client.Discovery()))
	s.Discovery = s.client.Discovery()
	s.Client = dynamic.NewForConfigOrDie(config)
	namespace, err := s.client.CoreV1().Namespaces().Create(t.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "shop-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s.namespace = namespace.Name
	return s
}

// apply applies YAML in which images are named without their registry: IMAGE/good:1.
func (s shop) apply(t *testing.T, yaml string) []*unstructured.Unstructured {
	t.Helper()
	return s.applyTo(t, s.namespace, yaml)
}

func (s shop) applyTo(t *testing.T, namespace, yaml string) []*unstructured.Unstructured {
	t.Helper()
	nodes, err := kio.FromBytes([]byte(strings.ReplaceAll(yaml, "IMAGE", shared(t).Registry)))
	if err != nil {
		t.Fatal(err)
	}
	var applied []*unstructured.Unstructured
	for _, node := range nodes {
		u := &unstructured.Unstructured{}
		data, err := node.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, u); err != nil {
			t.Fatal(err)
		}
		mapping, err := s.Mapper.RESTMapping(u.GroupVersionKind().GroupKind(), u.GroupVersionKind().Version)
		if err != nil {
			t.Fatal(err)
		}
		u, err = s.Client.Resource(mapping.Resource).Namespace(namespace).Apply(t.Context(), u.GetName(), u,
			metav1.ApplyOptions{FieldManager: "test", Force: true})
		if err != nil {
			t.Fatal(err)
		}
		applied = append(applied, u)
	}
	return applied
}

// options diagnose by all the evidence there is.
func (s shop) options(t *testing.T) rollout.Options {
	t.Helper()
	nodes, err := s.client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	architectures := map[string]string{}
	for _, n := range nodes.Items {
		architectures[n.Name] = n.Labels[corev1.LabelArchStable]
	}
	opts := rollout.DefaultOptions()
	opts.Architecture = func(node string) string { return architectures[node] }
	opts.Diagnose = func(ctx context.Context, pod *corev1.Pod, events []corev1.Event) finding.Diagnosis {
		return diagnose.Pod(ctx, pod, diagnose.Evidence{
			Log: diagnose.ClusterLog(s.client), Nodes: nodes.Items, Events: events, Lookup: diagnose.ClusterLookup(s.Client),
		})
	}
	return opts
}

// pushImages fills the registry: good:1 is an index for both CPUs, amd64:1 a single manifest, amd64-index:1 an index of
// one entry.
func pushImages(t *testing.T) {
	t.Helper()
	amd64, arm64 := image(t, "amd64", elf.EM_X86_64), image(t, "arm64", elf.EM_AARCH64)
	push(t, "good:1", index(t, amd64, arm64))
	push(t, "amd64:1", amd64)
	push(t, "amd64-index:1", index(t, amd64))
}

// image holds a program that is nothing but an ELF header, which is all that tells its CPU.
func image(t *testing.T, architecture string, machine elf.Machine) v1.Image {
	t.Helper()
	header := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Ehsize: 64}
	copy(header.Ident[:], elf.ELFMAG)
	header.Ident[elf.EI_CLASS], header.Ident[elf.EI_DATA], header.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64),
		byte(elf.ELFDATA2LSB), 1
	program, err := binary.Append(nil, binary.LittleEndian, header)
	if err != nil {
		t.Fatal(err)
	}
	image, err := assemble.Image(assemble.Spec{
		Platform: v1.Platform{OS: "linux", Architecture: architecture},
		Files:    []assemble.File{{Path: "/app", Content: program}},
		Config:   v1.Config{Entrypoint: []string{"/app"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func index(t *testing.T, images ...v1.Image) v1.ImageIndex {
	t.Helper()
	index, err := assemble.Index(images...)
	if err != nil {
		t.Fatal(err)
	}
	return index
}

func push(t *testing.T, reference string, what remote.Taggable) {
	t.Helper()
	ref, err := name.ParseReference(shared(t).Registry + "/" + reference)
	if err == nil {
		err = remote.Push(ref, what, remote.WithContext(t.Context()))
	}
	if err != nil {
		t.Fatal(err)
	}
}
