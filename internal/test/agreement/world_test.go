package agreement

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build/assemble"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/layer"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// The namespaces of the workloads, and that of the pods that run all the time.
const (
	plain     = "plain"
	selecting = "selecting" // nodes with a label
	limited   = "limited"   // what its pods ask for, and what they tolerate
	beside    = "beside"
)

// unreachable stands before the names of images while only the scheduler is asked: pods that are bound stay so.
const unreachable = "127.0.0.1:1/"

// imageNames are of what the registry has.
var imageNames = []string{"all", "all", "all", "amd", "arm", "amd-single", "arm-single"}

// world is a cluster with its registry.
type world struct {
	config   *rest.Config
	client   kubernetes.Interface
	objects  dynamic.Interface
	registry string
	storage  schedule.Storage
	spaces   []corev1.Namespace
	images   map[string]platform.Offer
	quotas   []corev1.ResourceQuota // at present
	running  []corev1.Pod           // at present, but for those of the workload
}

func newWorld(t *testing.T) *world {
	t.Helper()
	file := filepath.Join(t.TempDir(), "nodes.yaml")
	must(t, os.WriteFile(file, []byte(pools), 0o600))
	cluster := localcluster.Shared(t, localcluster.Options{NodesFile: file})
	config, err := clientcmd.BuildConfigFromFlags("", cluster.Kubeconfig)
	must(t, err)
	config.QPS = -1
	w := &world{config: config, registry: cluster.Registry + "/", images: map[string]platform.Offer{}}
	w.client, err = kubernetes.NewForConfig(config)
	must(t, err)
	w.objects, err = dynamic.NewForConfig(config)
	must(t, err)
	w.push(t)
	w.makeNamespaces(t)
	w.makeRuntimeClasses(t)
	w.makeKind(t)
	w.makeClasses(t)
	w.makeClaims(t)
	go w.provision(t.Context())
	return w
}

func (w *world) makeNamespaces(t *testing.T) {
	t.Helper()
	for space, annotations := range map[string]map[string]string{
		plain: nil, beside: nil,
		selecting: {"scheduler.alpha.kubernetes.io/node-selector": "kubernetes.io/arch=arm64"},
		limited: {"scheduler.alpha.kubernetes.io/defaultTolerations": `[{"key": "team", "operator": "Equal", "value": "a",
			"effect": "NoSchedule"}]`},
	} {
		n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: space, Annotations: annotations}}
		made, err := w.client.CoreV1().Namespaces().Create(t.Context(), n, metav1.CreateOptions{})
		must(t, err)
		w.spaces = append(w.spaces, *made)
		wait(t, "the namespace has its service account", func(ctx context.Context) bool {
			_, err := w.client.CoreV1().ServiceAccounts(space).Get(ctx, "default", metav1.GetOptions{})
			return err == nil
		})
	}
	_, err := w.client.CoreV1().LimitRanges(limited).Create(t.Context(), &corev1.LimitRange{
		ObjectMeta: metav1.ObjectMeta{Name: "limit"},
		Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{Type: corev1.LimitTypeContainer,
			DefaultRequest: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("400m")},
			Max:            corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}}}},
	}, metav1.CreateOptions{})
	must(t, err)
}

func (w *world) makeRuntimeClasses(t *testing.T) {
	t.Helper()
	for name, change := range map[string]func(*nodev1.RuntimeClass){
		"arm": func(c *nodev1.RuntimeClass) {
			c.Scheduling = &nodev1.Scheduling{NodeSelector: map[string]string{corev1.LabelArchStable: "arm64"},
				Tolerations: []corev1.Toleration{{Key: corev1.LabelArchStable, Operator: corev1.TolerationOpExists}}}
		},
		"heavy": func(c *nodev1.RuntimeClass) {
			c.Overhead = &nodev1.Overhead{PodFixed: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("700m")}}
		},
		"fast": func(c *nodev1.RuntimeClass) {
			c.Scheduling = &nodev1.Scheduling{NodeSelector: map[string]string{"disk": "ssd"}}
		},
	} {
		class := &nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Handler: "runc"}
		change(class)
		_, err := w.client.NodeV1().RuntimeClasses().Create(t.Context(), class, metav1.CreateOptions{})
		must(t, err)
	}
}

// push makes the images, of which a program is nothing but the header that names its CPU.
func (w *world) push(t *testing.T) {
	t.Helper()
	for _, made := range []struct {
		name          string
		index         bool
		architectures []string
	}{
		{"all", true, []string{"amd64", "arm64"}}, {"amd", true, []string{"amd64"}}, {"arm", true, []string{"arm64"}},
		{"amd-single", false, []string{"amd64"}}, {"arm-single", false, []string{"arm64"}},
	} {
		var images []v1.Image
		offer := platform.Offer{Index: made.index}
		for _, architecture := range made.architectures {
			p := v1.Platform{OS: "linux", Architecture: architecture}
			machine := map[string]uint16{"amd64": layer.AMD64, "arm64": layer.ARM64}[architecture]
			image, err := assemble.Image(assemble.Spec{Platform: p, Config: v1.Config{Entrypoint: []string{"/app"}},
				Files: []assemble.File{{Path: "/app", Mode: 0o755, Content: []byte(layer.ELF(machine))}}})
			must(t, err)
			images, offer.Platforms = append(images, image), append(offer.Platforms, p)
		}
		ref, err := name.ParseReference(w.registry + made.name)
		must(t, err)
		if made.index {
			must(t, sampleapp.PushIndex(t.Context(), ref, images))
		} else {
			must(t, sampleapp.PushSingle(t.Context(), ref, images[0]))
		}
		w.images[w.registry+made.name], w.images[unreachable+made.name] = offer, offer
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wait is for what happens soon. Its limit only ends a test that would hang.
func wait(t *testing.T, what string, done func(context.Context) bool, details ...func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	for !done(ctx) {
		if ctx.Err() != nil {
			for _, detail := range details {
				what += "\n" + detail()
			}
			t.Fatalf("for 3 minutes it does not come to this: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
