package action_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	registrytest "github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// native is the job of a matrix that builds for its runner's own CPU.
func native(t *testing.T, dist, registry, architecture string, more ...string) (int, string) {
	t.Helper()
	args := slices.Concat(building(dist, registry)[3:],
		[]string{"--platforms", "linux/" + architecture, "--push-as", "platform"})
	status, _, log := perform(t, map[string]string{"GITHUB_SHA": sha},
		append(append([]string{"build"}, args...), more...)...)
	return status, log
}

// joining are the arguments of the job that joins what the matrix has pushed.
func joining(command, registry string) []string {
	return []string{command, "--mode", "join", "--tag", sha,
		"--images", "registry/app-multi=" + registry + "/app-multi", "--images", "registry/app-amd64=" + registry +
			"/app-amd64"}
}

// From two native runners to ready pods on both CPUs: each job pushes one platform, and the deploy joins them.
func TestRun_joins_what_native_runners_pushed_and_deploys(t *testing.T) {
	cluster := sharedCluster(t, "aks")
	app := sampleapp.AKS(filepath.Join("..", ".."))
	manifests, dist := t.TempDir(), compiled(t, app)
	if err := os.CopyFS(manifests, os.DirFS(app.Manifests)); err != nil {
		t.Fatal(err)
	}
	for _, architecture := range []string{"amd64", "arm64"} {
		if status, log := native(t, dist, cluster.Registry, architecture); status != 0 {
			t.Fatalf("%s: exit status %d\n%s", architecture, status, log)
		}
	}
	environment := map[string]string{"GITHUB_SHA": sha}
	args := append(joining("run", cluster.Registry), "--kubeconfig", cluster.Kubeconfig, "--kustomization", manifests)
	status, got, log := perform(t, environment, args...)
	if status != 0 {
		t.Fatalf("exit status %d\n%s", status, log)
	}
	for _, image := range got.Images {
		if diff := cmp.Diff([]string{"linux/amd64", "linux/arm64"}, image.Platforms); diff != "" {
			t.Errorf("%s (-want +got):\n%s", image.Reference, diff)
		}
	}
	ready := map[string]int{}
	for _, pod := range got.Pods {
		if pod.Ready {
			ready[pod.Architecture]++
		}
	}
	if ready["amd64"] == 0 || ready["arm64"] == 0 {
		t.Errorf("ready pods %v\n%s", ready, log)
	}
	if _, taken := got.Timings["join"]; !taken {
		t.Error("step join was not taken")
	}
}

func TestBuild_joins_and_verifies(t *testing.T) {
	registry := registrytest.Start(t, registrytest.Options{})
	dist := compiled(t, sampleapp.AKS(filepath.Join("..", "..")))
	if status, log := native(t, dist, registry.Host, "amd64"); status != 0 {
		t.Fatalf("exit status %d\n%s", status, log)
	}
	environment := map[string]string{"GITHUB_SHA": sha}
	status, got, log := perform(t, environment, joining("build", registry.Host)...)
	want := "nothing was pushed for it: there is no " + registry.Host + "/app-multi:" + sha + "-linux-arm64."
	if status != 1 || !strings.Contains(log, want) || len(got.Findings) != 2 {
		t.Fatalf("exit status %d, want 1 and %q\n%s", status, want, log)
	}
	// The failed job of the matrix is run again: first with a binary for another CPU, then with the right one.
	lying := t.TempDir()
	if err := os.CopyFS(filepath.Join(lying, "linux_arm64"), os.DirFS(filepath.Join(dist, "linux_amd64"))); err != nil {
		t.Fatal(err)
	}
	if status, log := native(t, lying, registry.Host, "arm64"); status != 1 ||
		!strings.Contains(log, "is a binary for amd64") {
		t.Fatalf("exit status %d\n%s", status, log)
	}
	if status, log := native(t, dist, registry.Host, "arm64"); status != 0 {
		t.Fatalf("exit status %d\n%s", status, log)
	}
	first, report, log := perform(t, environment, joining("build", registry.Host)...)
	second, again, _ := perform(t, environment, joining("build", registry.Host)...)
	if first != 0 || second != 0 || report.Images[0].Digest == "" || report.Images[0].Digest != again.Images[0].Digest {
		t.Errorf("exit statuses %d, %d, digests %s, %s\n%s", first, second, report.Images[0].Digest, again.Images[0].Digest,
			log)
	}
}

// Where a registry should have no tags of single platforms, the jobs hand the digests on.
func TestBuild_joins_by_digest(t *testing.T) {
	registry := registrytest.Start(t, registrytest.Options{})
	dist := compiled(t, sampleapp.AKS(filepath.Join("..", "..")))
	environment := map[string]string{"GITHUB_SHA": sha}
	repository, sources := registry.Host+"/app", ""
	for _, architecture := range []string{"amd64", "arm64"} {
		status, got, log := perform(t, environment, "build", "--builder", "assemble", "--push-as", "digest", "--platforms",
			"linux/"+architecture,
			"--artifacts", filepath.Join(dist, "{os}_{arch}{variant}", "app")+":/app/app", "--entrypoint", "/app/app",
			"--images", "app="+repository)
		if status != 0 || len(got.Images) != 1 {
			t.Fatalf("exit status %d\n%s", status, log)
		}
		sources += "," + got.Images[0].Digest
	}
	repo, err := name.NewRepository(repository)
	if err != nil {
		t.Fatal(err)
	}
	if tags, err := remote.List(repo); err == nil && len(tags) > 0 {
		t.Errorf("tags %v were made", tags)
	}
	status, got, log := perform(t, environment, "build", "--mode", "join", "--images",
		"app="+repository+" sources="+sources[1:])
	if status != 0 || len(got.Images[0].Platforms) != 2 {
		t.Errorf("exit status %d, images %+v\n%s", status, got.Images, log)
	}
}

// A binary that does not fit its platform is found before any tag leads to the image.
func TestBuild_joins_no_binary_for_another_CPU(t *testing.T) {
	registry := registrytest.Start(t, registrytest.Options{})
	dist := compiled(t, sampleapp.AKS(filepath.Join("..", "..")))
	for _, architecture := range []string{"amd64", "arm64"} {
		if status, log := native(t, dist, registry.Host, architecture); status != 0 {
			t.Fatalf("exit status %d\n%s", status, log)
		}
	}
	for _, image := range []string{"app-multi", "app-amd64"} {
		mislabel(t, registry.Host+"/"+image+":"+sha+"-linux-amd64", registry.Host+"/"+image+":"+sha+"-linux-arm64")
	}
	status, _, log := perform(t, map[string]string{"GITHUB_SHA": sha}, joining("build", registry.Host)...)
	if status != 1 || !strings.Contains(log, "binary-mismatch") {
		t.Errorf("exit status %d\n%s", status, log)
	}
	ref, err := name.ParseReference(registry.Host + "/app-multi:" + sha)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := remote.Get(ref); err == nil {
		t.Error("the image is tagged all the same")
	}
}

// mislabel pushes the image of linux/amd64 again, as one whose config says linux/arm64.
func mislabel(t *testing.T, from, to string) {
	t.Helper()
	source, err := name.ParseReference(from)
	if err != nil {
		t.Fatal(err)
	}
	target, err := name.ParseReference(to)
	if err != nil {
		t.Fatal(err)
	}
	image, err := remote.Image(source) // the index's entry for linux/amd64
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.Architecture = "arm64"
	if image, err = mutate.ConfigFile(image, config); err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(target, image); err != nil {
		t.Fatal(err)
	}
}
