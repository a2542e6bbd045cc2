package action_test

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	registrytest "github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

const (
	// lone is the list of containers in the good Deployment.
	lone = "containers: [{name: app, image: registry/app}]"
	// onARM64 stands before it, so that it is always the same pods that are in trouble.
	onARM64 = "nodeSelector: {kubernetes.io/arch: arm64}\n      "
)

// shopDefinition defines a kind with a status that nobody writes.
const shopDefinition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: shops.example.com}
spec:
  group: example.com
  names: {kind: Shop, plural: shops}
  scope: Namespaced
  versions:
    - {name: v1, served: true, storage: true, subresources: {status: {}}, schema: {openAPIV3Schema: {type: object}}}
`

// troubles are the runs behind the examples of the page.
var troubles = map[finding.Code]trouble{
	finding.ExecFormatError: {cluster: "aks", old: lone, new: onARM64 + lone, runs: []string{
		"run --images registry/app=REGISTRY/single+platforms=linux/amd64 --tag v1 --arch-policy warn"}},
	finding.PlatformMissing:   {cluster: "aks", runs: []string{"verify REGISTRY/amd64:v1"}},
	finding.PlatformMismatch:  {cluster: "aks", runs: []string{"verify REGISTRY/mislabelled:v1"}},
	finding.BinaryMismatch:    {cluster: "aks", runs: []string{"verify REGISTRY/lying:v1"}},
	finding.BinaryUnchecked:   {cluster: "aks", runs: []string{"verify REGISTRY/idle:v1"}},
	finding.IdenticalLayers:   {cluster: "aks", runs: []string{"verify REGISTRY/lying:v1"}},
	finding.ChildDigest:       {cluster: "aks", runs: []string{"verify CHILD"}},
	finding.ImageNotFound:     {cluster: "aks", runs: []string{"verify REGISTRY/app:v2"}},
	finding.ImageUnauthorized: {cluster: "aks", runs: []string{"verify LOCKED/app:v1"}},
	finding.ImageUnmatched:    {cluster: "aks", runs: []string{"run --images registry/ap=REGISTRY/app --tag v1"}},
	finding.KustomizeNotice: {cluster: "aks", kustomization: "commonLabels: {team: shop}\n",
		runs: []string{"rewrite IMAGES --dry-run"}},
	finding.NoMatchingNode: {cluster: "aks", old: lone, new: "nodeSelector: {disk: ssd}\n      " + lone,
		runs: []string{"plan IMAGES"}},
	finding.UntoleratedTaint: {cluster: "gke", old: lone, new: onARM64 + lone,
		runs: []string{"plan IMAGES"}},
	finding.InsufficientCapacity: {cluster: "aks", old: "registry/app}",
		new:  "registry/app, resources: {requests: {cpu: 64}}}",
		runs: []string{"run IMAGES --wait-timeout 5s --arch-policy warn"}},
	finding.EmptyPool: {cluster: "aks", old: lone, new: "nodeSelector: {team: shop}\n      " + lone,
		runs: []string{"plan IMAGES --expect-nodes arch=arm64+label=team=shop"}},
	finding.PlanIncomplete: {cluster: "aks", old: lone, new: "schedulerName: batch\n      " + lone,
		runs: []string{"plan IMAGES"}},
	finding.NotScheduled: {cluster: "aks", old: lone, new: "schedulerName: volcano\n      " + lone,
		runs: []string{"run IMAGES --wait-timeout 8s"}},
	finding.PodsRefused: {cluster: "aks", old: lone, new: "serviceAccountName: web\n      " + lone,
		runs: []string{"run IMAGES --wait-timeout 8s"}},
	finding.MissingReference: {cluster: "aks", old: lone, new: onARM64 + "containers: [{name: app, image: registry/app, " +
		"env: [{name: DATABASE_URL, valueFrom: {secretKeyRef: {name: db, key: url}}}]}]",
		runs: []string{"run IMAGES --wait-timeout 8s"}},
	finding.VolumeNotReady: {cluster: "aks", old: lone, new: "volumes: [{name: data, ephemeral: {volumeClaimTemplate: " +
		"{spec: " +
		"{storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}]\n      " + lone,
		runs: []string{"run IMAGES --wait-timeout 8s"}},
	finding.PodNotStarted: {cluster: "aks", old: deployment, new: "apiVersion: node.k8s.io/v1\nkind: " +
		"RuntimeClass\nmetadata: {name: kata}\nhandler: kata\n---\n" +
		strings.Replace(deployment, lone, onARM64+"runtimeClassName: kata\n      "+lone, 1),
		runs: []string{"run IMAGES --wait-timeout 8s"}},
	finding.HeldBack: {cluster: "aks", old: "replicas: 2", new: "replicas: 2\n  paused: true",
		runs: []string{"run IMAGES"}},
	finding.NotJudged: {cluster: "aks", old: deployment, new: deployment + "---\n" + shopDefinition + "---\napiVersion: " +
		"example.com/v1\nkind: Shop\nmetadata: {name: shop}\n", runs: []string{"run IMAGES"}},
	finding.CrashLoop: {cluster: "aks", old: lone, new: onARM64 +
		"containers: [{name: app, image: registry/app, command: [/app/server]}]",
		runs: []string{"run IMAGES --wait-timeout 20s"}},
	// Nothing listens on port 1.
	finding.ImagePull: {cluster: "aks", old: lone, new: onARM64 +
		"containers: [{name: app, image: registry/app}, {name: proxy, image: '127.0.0.1:1/proxy:v1'}]",
		runs: []string{"run IMAGES --wait-timeout 8s"}},
	finding.Unhealthy: {cluster: "aks", old: lone, new: onARM64 +
		"containers: [{name: app, image: registry/app, readinessProbe: {exec: {command: [/app/healthy]}}}]",
		runs: []string{"run IMAGES --wait-timeout 8s"}},
	finding.Deadline: {cluster: "aks", old: "registry/app}", new: "registry/app, resources: {requests: {cpu: 64}}}",
		runs: []string{"run IMAGES --wait-timeout 5s --arch-policy warn"}},
	finding.ApplyConflict: {cluster: "aks", runs: []string{
		"run IMAGES --field-manager other-team", "run --images registry/app=REGISTRY/single+platforms=linux/amd64 --tag v1 " +
			"--arch-policy warn"}},
	finding.AnnotationInvalid: {cluster: "aks", old: "{name: app}\nspec", new: "{name: app, annotations: " +
		"{multiarch-deploy.dev/ready: object.status.phase = 'Open'}}\nspec", runs: []string{"plan IMAGES"}},
	finding.ApplyRejected: {cluster: "aks", old: "replicas: 2", new: "replicas: -2", runs: []string{"run IMAGES"}},
}

// odd is what is special about the images of a trouble.
type odd struct {
	// child is a reference to the manifest of one platform, locked a registry that lets nobody in.
	child, locked string
}

var amd64, arm64 = v1.Platform{OS: "linux", Architecture: "amd64"}, v1.Platform{OS: "linux", Architecture: "arm64"}

// pushOdd pushes images to get into trouble with. All are of the sample app.
func pushOdd(t *testing.T, registry string) odd {
	t.Helper()
	built, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	forAMD64, forARM64 := built["linux/amd64"], built["linux/arm64"]
	write := func(repository string, image remote.Taggable) {
		ref, err := name.NewTag(registry + "/" + repository + ":v1")
		if err == nil {
			err = remote.Push(ref, image)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write("app", index(forAMD64, forARM64))
	write("amd64", index(forAMD64))
	write("single", forAMD64)
	// The index says arm64, the config amd64: somebody joined what was not built for it.
	write("mislabelled", index(forAMD64, forAMD64))
	// Index and config agree on arm64, the binary does not: the base image was pinned to the digest of one platform.
	write("lying", index(forAMD64, with(t, forAMD64, func(c *v1.ConfigFile) { c.Architecture = "arm64" })))
	write("idle", index(with(t, forAMD64, without), with(t, forARM64, without)))

	child, err := forAMD64.Digest()
	if err != nil {
		t.Fatal(err)
	}
	locked := registrytest.Start(t, registrytest.Options{Username: "me", Password: "secret"})
	return odd{child: registry + "/app@" + child.String(), locked: locked.Host}
}

// index says that the images are for amd64 and arm64, in this order.
func index(images ...v1.Image) v1.ImageIndex {
	index := v1.ImageIndex(empty.Index)
	for i, platform := range []v1.Platform{amd64, arm64}[:len(images)] {
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: images[i],
			Descriptor: v1.Descriptor{Platform: &platform}})
	}
	return index
}

// without takes from an image what it would start.
func without(c *v1.ConfigFile) { c.Config.Entrypoint, c.Config.Cmd = nil, nil }

func with(t *testing.T, image v1.Image, change func(*v1.ConfigFile)) v1.Image {
	t.Helper()
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	change(config)
	changed, err := mutate.ConfigFile(image, config)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}
