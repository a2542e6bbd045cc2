package agreement

import (
	"context"
	"fmt"
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

// The namespaces of the workloads; the pods of the second are for nodes with a label.
const (
	plain     = "plain"
	selecting = "selecting"
)

// unreachable stands before the names of images while only the scheduler is asked: pods that are bound stay so.
const unreachable = "127.0.0.1:1/"

// claims are bound to volumes that are in one zone, or on nodes of one architecture.
var claims = []string{"in-z1", "on-arm64"}

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
	w.makeClaims(t)
	return w
}

func (w *world) makeNamespaces(t *testing.T) {
	t.Helper()
	for space, selector := range map[string]string{plain: "", selecting: "kubernetes.io/arch=arm64"} {
		n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: space}}
		if selector != "" {
			n.Annotations = map[string]string{"scheduler.alpha.kubernetes.io/node-selector": selector}
		}
		made, err := w.client.CoreV1().Namespaces().Create(t.Context(), n, metav1.CreateOptions{})
		must(t, err)
		w.spaces = append(w.spaces, *made)
		wait(t, "the namespace has its service account", func(ctx context.Context) bool {
			_, err := w.client.CoreV1().ServiceAccounts(space).Get(ctx, "default", metav1.GetOptions{})
			return err == nil
		})
	}
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

// makeClaims makes claims in both namespaces, and the volumes that they are bound to.
func (w *world) makeClaims(t *testing.T) {
	t.Helper()
	on := map[string]corev1.NodeSelectorRequirement{
		"in-z1":    {Key: corev1.LabelTopologyZone, Operator: corev1.NodeSelectorOpIn, Values: []string{"z1"}},
		"on-arm64": {Key: corev1.LabelArchStable, Operator: corev1.NodeSelectorOpIn, Values: []string{"arm64"}},
	}
	size := corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}
	modes := []corev1.PersistentVolumeAccessMode{corev1.ReadWriteMany}
	for _, space := range []string{plain, selecting} {
		for claim, requirement := range on {
			terms := []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{requirement}}}
			_, err := w.client.CoreV1().PersistentVolumes().Create(t.Context(), &corev1.PersistentVolume{
				ObjectMeta: metav1.ObjectMeta{Name: space + "-" + claim},
				Spec: corev1.PersistentVolumeSpec{Capacity: size, AccessModes: modes,
					PersistentVolumeSource: corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: "/data"}},
					NodeAffinity: &corev1.VolumeNodeAffinity{
						Required: &corev1.NodeSelector{NodeSelectorTerms: terms}}},
			}, metav1.CreateOptions{})
			must(t, err)
			_, err = w.client.CoreV1().PersistentVolumeClaims(space).Create(t.Context(), &corev1.PersistentVolumeClaim{
				ObjectMeta: metav1.ObjectMeta{Name: claim},
				Spec: corev1.PersistentVolumeClaimSpec{AccessModes: modes, VolumeName: space + "-" + claim,
					StorageClassName: new(""), Resources: corev1.VolumeResourceRequirements{Requests: size}},
			}, metav1.CreateOptions{})
			must(t, err)
		}
	}
	wait(t, "the claims are bound", func(ctx context.Context) bool { return w.readStorage(ctx) == nil })
}

func (w *world) readStorage(ctx context.Context) error {
	list, err := w.client.CoreV1().PersistentVolumeClaims("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, c := range list.Items {
		if c.Status.Phase != corev1.ClaimBound {
			return fmt.Errorf("%s is %s", c.Name, c.Status.Phase)
		}
	}
	volumes, err := w.client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	w.storage = schedule.Storage{Claims: list.Items, Volumes: volumes.Items}
	return nil
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
func wait(t *testing.T, what string, done func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	for !done(ctx) {
		if ctx.Err() != nil {
			t.Fatalf("for 3 minutes it does not come to this: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
