package peers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build/assemble"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/peers"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

// audited are namespaces that an audit is of: workloads with images of their own, every other for amd64 alone.
var audited = []struct {
	workloads, images int
	// most is how much memory an audit may take, in megabytes.
	most int64
}{{200, 150, 100}, {2000, 1500, 100}}

// BenchmarkAudit_of_many_workloads audits a few workloads and many. It fails where that takes more memory than it may.
func BenchmarkAudit_of_many_workloads(b *testing.B) {
	c := cluster.Shared(b, cluster.Options{})
	images := registry.Start(b, registry.Options{})
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	must(b, err)
	config.QPS = -1
	api := kubernetes.NewForConfigOrDie(config)
	for _, size := range audited {
		namespace := fmt.Sprintf("audited-%d", size.workloads)
		_, err := api.CoreV1().Namespaces().Create(b.Context(),
			&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{})
		must(b, err)
		var group errgroup.Group
		group.SetLimit(8)
		for i := range size.images {
			group.Go(func() error { return pushMade(fmt.Sprintf("%s/%s/app-%d:v1", images.Host, namespace, i), i%2 == 0) })
		}
		for i := range size.workloads {
			image := fmt.Sprintf("%s/%s/app-%d:v1", images.Host, namespace, i%size.images)
			group.Go(func() error {
				_, err := api.AppsV1().Deployments(namespace).Create(b.Context(), deploymentOf(i, image), metav1.CreateOptions{})
				return err
			})
		}
		must(b, group.Wait())
		b.Run(namespace, func(b *testing.B) {
			for range b.N {
				used, err := peers.Command{Path: program(b, "multiarch-deploy"), Statuses: []int{1}, Args: []string{"audit",
					"--kubeconfig", c.Kubeconfig, "--namespace", namespace, "--expect-nodes", "arch=arm64"}}.Run(b.Context())
				must(b, err)
				b.ReportMetric(float64(used.Peak)/1e6, "MB")
				b.ReportMetric(used.Wall.Seconds(), "s")
				if used.Peak > size.most*1e6 || used.Wall > time.Minute {
					b.Errorf("the audit took %d MB of memory and %s, %d MB and a minute at most", used.Peak/1e6, used.Wall,
						size.most)
				}
				if want := fmt.Sprintf("%d workloads, %d at risk now", size.workloads, size.workloads/2); !strings.Contains(
					used.Output, want) {
					b.Errorf("no %q in:\n%s", want, used.Output)
				}
			}
		})
	}
}

// deploymentOf is one as clusters have them, which makes no pods.
func deploymentOf(i int, image string) *appsv1.Deployment {
	labels := map[string]string{"app.kubernetes.io/name": fmt.Sprint("app-", i), "app.kubernetes.io/part-of": "shop"}
	size := corev1.ResourceList{"cpu": resource.MustParse("100m"), "memory": resource.MustParse("128Mi")}
	return &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("app-", i), Labels: labels},
		Spec: appsv1.DeploymentSpec{Replicas: new(int32), Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: image,
					Resources: corev1.ResourceRequirements{Requests: size}}}}}}}
}

// pushMade pushes an image of its own for amd64, or an index for amd64 and arm64.
func pushMade(reference string, index bool) error {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return err
	}
	var parts []v1.Image
	for _, architecture := range []string{"amd64", "arm64"} {
		image, err := random.Image(64, 1)
		if err != nil {
			return err
		}
		config, err := image.ConfigFile()
		if err != nil {
			return err
		}
		config.OS, config.Architecture = "linux", architecture
		if image, err = mutate.ConfigFile(image, config); err != nil {
			return err
		}
		parts = append(parts, image)
	}
	if !index {
		return remote.Write(ref, parts[0])
	}
	all, err := assemble.Index(parts...)
	if err != nil {
		return err
	}
	return remote.WriteIndex(ref, all)
}
