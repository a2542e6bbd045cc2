//go:build peers

package peers_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/peers"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

var both = []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}}

// world is a cluster and its registry, as far away as the network is slow.
type world struct {
	cluster    *cluster.Cluster
	client     kubernetes.Interface
	kubeconfig string // of the slow network
	registry   string // the same
}

func newWorld(t *testing.T, roundTrip time.Duration) world {
	t.Helper()
	w := world{cluster: cluster.Shared(t, cluster.Options{Log: os.Stderr})}
	w.kubeconfig, w.registry = w.cluster.Kubeconfig, w.cluster.Registry
	config, err := clientcmd.BuildConfigFromFlags("", w.kubeconfig)
	must(t, err)
	config.QPS = -1
	w.client, err = kubernetes.NewForConfig(config)
	must(t, err)
	if roundTrip > 0 {
		w.registry = peers.Slow(t, w.registry, roundTrip)
		w.kubeconfig = slowKubeconfig(t, w.kubeconfig, roundTrip)
	}
	return w
}

// slowKubeconfig is a kubeconfig whose cluster is behind a slow network.
func slowKubeconfig(t *testing.T, kubeconfig string, roundTrip time.Duration) (path string) {
	t.Helper()
	config, err := clientcmd.LoadFromFile(kubeconfig)
	must(t, err)
	for _, c := range config.Clusters {
		server, err := url.Parse(c.Server)
		must(t, err)
		server.Host = peers.Slow(t, server.Host, roundTrip)
		c.Server = server.String()
	}
	path = filepath.Join(t.TempDir(), "kubeconfig")
	must(t, clientcmd.WriteToFile(*config, path))
	return path
}

// push pushes the sample app under each of the names, REPOSITORY:TAG, to the cluster's registry.
func (w world) push(t *testing.T, platforms []v1.Platform, names ...string) {
	t.Helper()
	images, err := sampleapp.Build(t.Context(), sampleapp.AKS(root), platforms...)
	must(t, err)
	for _, text := range names {
		ref, err := name.ParseReference(w.cluster.Registry + "/" + text)
		must(t, err)
		if len(images) == 1 {
			must(t, sampleapp.PushSingle(t.Context(), ref, images[0]))
			continue
		}
		must(t, sampleapp.PushIndex(t.Context(), ref, images))
	}
}

// deploy is a run that goes as far as kubectl apply: it also verifies the image and plans.
func (w world) deploy(t *testing.T, dir, tag string, flags ...string) peers.Command {
	t.Helper()
	return peers.Command{
		Path: program(t, "multiarch-deploy"), Dir: dir, Env: []string{"KUBECONFIG=" + w.kubeconfig},
		Args: append([]string{"run", "--images", "registry/app=" + w.registry + "/shop/app", "--tag", tag}, flags...),
	}
}

func (w world) kubectlApply(t *testing.T, dir string) peers.Command {
	t.Helper()
	return peers.Command{Path: kubectl(t),
		Args: []string{"--kubeconfig", w.kubeconfig, "apply", "--server-side", "-k", dir}}
}

// applying deploys 1,000 objects for the first time, again with nothing changed, and with one image changed.
func applying(t *testing.T, roundTrip time.Duration, rounds int) []peers.Row {
	w := newWorld(t, roundTrip)
	images := []string{"shop/app:v1", "shop/app:v2"}
	for i := range 10 {
		images = append(images, fmt.Sprintf("shop/service-%d:v1", i))
	}
	w.push(t, both, images...)
	distance := "loopback"
	if roundTrip > 0 {
		distance = fmt.Sprintf("%d ms away", roundTrip.Milliseconds())
	}
	rows := []peers.Row{
		{What: "1,000 objects, first, " + distance, Note: atLeast(1, 5, roundTrip)},
		{What: "again, nothing changed", Note: atLeast(10, 30, roundTrip)},
		{What: "again, one image changed", Note: atLeast(10, 30, roundTrip)},
	}
	for round := range rounds {
		var dirs [2]string
		for side := range dirs {
			dirs[side] = t.TempDir()
			namespace := fmt.Sprintf("side-%d-round-%d-%d", side, round, roundTrip.Milliseconds())
			writeObjects(t, dirs[side], objects{namespace: namespace, registry: w.registry, count: 1000})
		}
		for at, tag := range []string{"v1", "v1", "v2"} {
			if at == 2 {
				setTag(t, dirs[1], "v1", tag)
			}
			ours, theirs := inTurns(t, 1,
				func(int) peers.Command { return w.deploy(t, dirs[0], tag, "--wait=false") },
				func(int) peers.Command { return w.kubectlApply(t, dirs[1]) })
			rows[at].Ours, rows[at].Theirs = append(rows[at].Ours, ours...), append(rows[at].Theirs, theirs...)
			w.calm(t)
		}
	}
	return rows
}

func atLeast(loopback, slow int, roundTrip time.Duration) string {
	if roundTrip > 0 {
		return fmt.Sprintf("wall: %d × at least", slow)
	}
	if loopback == 1 {
		return "wall: kubectl's at most; memory: 150 MB at most"
	}
	return fmt.Sprintf("wall: %d × at least, CPU: 3 ×; memory: 150 MB at most", loopback)
}

// calm waits until the control plane has dealt with all Deployments, so that the next to be measured has the machine.
func (w world) calm(t *testing.T) {
	t.Helper()
	for {
		list, err := w.client.AppsV1().Deployments("").List(t.Context(), metav1.ListOptions{ResourceVersion: "0"})
		must(t, err)
		busy := 0
		for _, d := range list.Items {
			if d.Status.ObservedGeneration < d.Generation {
				busy++
			}
		}
		if busy == 0 {
			time.Sleep(time.Second) // endpoints, and the last of the events
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// verdict deploys an app of which half the pods cannot start, and compares when it is known with kubectl. The pods have
// no readiness probe: stand-in nodes answer one for a container that a real node would find dead.
func verdict(t *testing.T) []peers.Row {
	w := newWorld(t, 0)
	w.push(t, both[:1], "shop/app:v1")
	row := peers.Row{What: "an image for amd64 alone"}
	said := map[string]int{}
	for round := range *rounds {
		name := fmt.Sprintf("verdict-%d", round)
		c := w.deploy(t, crashing(t, w, name), "v1", "--arch-policy", "warn", "--platforms", "linux/amd64")
		c.Statuses = []int{1}
		row.Ours = append(row.Ours, measure(t, c))
		theirs := w.rolledOut(t, crashing(t, w, name+"-kubectl"), name+"-kubectl")
		row.Theirs = append(row.Theirs, theirs)
		lines := strings.Split(strings.TrimSpace(theirs.Output), "\n")
		said[outcome(lines[len(lines)-1])]++
	}
	for _, what := range []string{"successfully rolled out", "timed out", "another"} {
		if said[what] > 0 {
			row.Note += fmt.Sprintf("kubectl rollout status, %d of %d: %s. ", said[what], *rounds, what)
		}
	}
	return []peers.Row{row}
}

func outcome(line string) string {
	for _, known := range []string{"successfully rolled out", "timed out"} {
		if strings.Contains(line, known) {
			return known
		}
	}
	return "another"
}

// crashing writes a kustomization of a Deployment of four pods, of which the scheduler puts half on nodes that the
// image does not run on.
func crashing(t *testing.T, w world, name string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	_, err := w.client.CoreV1().Namespaces().Create(t.Context(), namespaceOf(name), metav1.CreateOptions{})
	must(t, err)
	writeKustomization(t, dir, objects{namespace: name, registry: w.cluster.Registry}, []string{"app.yaml"}, "v1")
	writeFile(t, filepath.Join(dir, "app.yaml"), `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  replicas: 4
  selector:
    matchLabels: {app: app}
  template:
    metadata:
      labels: {app: app}
    spec:
      containers:
      - name: app
        image: registry/app
        ports: [{containerPort: 8080}]
`)
	return dir
}

// rolledOut applies by kubectl and waits for its verdict, for half a minute at most.
func (w world) rolledOut(t *testing.T, dir, namespace string) peers.Usage {
	t.Helper()
	applied := measure(t, w.kubectlApply(t, dir))
	status := measure(t, peers.Command{Path: kubectl(t), Statuses: []int{1}, Args: []string{
		"--kubeconfig", w.kubeconfig, "-n", namespace, "rollout", "status", "deployment/app", "--timeout", "30s"}})
	status.Wall, status.CPU = status.Wall+applied.Wall, status.CPU+applied.CPU
	status.Peak = max(status.Peak, applied.Peak)
	return status
}
