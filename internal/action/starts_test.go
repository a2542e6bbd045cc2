package action_test

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/layer"
)

// pushTools pushes an index for both CPUs. Its own command is fine on each; /tools/check is for amd64 on both.
func pushTools(t *testing.T, reference string) {
	t.Helper()
	of := func(machine uint16, architecture string) mutate.IndexAddendum {
		img, err := mutate.AppendLayers(empty.Image, layer.Of(t,
			layer.File("app", 0o755, layer.ELF(machine)), layer.File("tools/check", 0o755, layer.ELF(layer.AMD64))))
		if err != nil {
			t.Fatal(err)
		}
		file, err := img.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		file = file.DeepCopy()
		file.OS, file.Architecture, file.Config.Entrypoint = "linux", architecture, []string{"/app"}
		if img, err = mutate.ConfigFile(img, file); err != nil {
			t.Fatal(err)
		}
		return mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux",
			Architecture: architecture}}}
	}
	ref, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Push(ref, mutate.AppendManifests(empty.Index, of(layer.AMD64, "amd64"), of(layer.ARM64,
		"arm64"))); err != nil {
		t.Fatal(err)
	}
}

// An image is only as good as what the pod starts of it, be it an input or somebody else's sidecar.
func TestPlan_reads_what_pods_start(t *testing.T) {
	cluster := sharedCluster(t, "aks")
	pushImages(t, cluster.Registry, "starts", map[string]madeImage{"app": {Platforms: []string{"linux/amd64",
		"linux/arm64"}}})
	tools := cluster.Registry + "/starts/tools:v1"
	pushTools(t, tools)
	const crash = "(arm64), where container side would crash with exec format error. Image TOOLS offers linux/arm64, " +
		"and the container starts " +
		"/tools/check, an ELF binary for amd64"
	tests := []struct {
		name, side string
		status     int
		want       string
	}{
		{"its_own_command", "{name: side, image: TOOLS}", 0, "arm64=runs"},
		{"a_command_of_the_pod", "{name: side, image: TOOLS, command: [/tools/check]}", 1, crash},
		{"a_probe", "{name: side, image: TOOLS, livenessProbe: {exec: {command: [/tools/check]}}}", 1, crash +
			", as its liveness probe"},
		{"a_hook", "{name: side, image: TOOLS, lifecycle: {preStop: {exec: {command: [/tools/check]}}}}", 1, crash +
			", as its preStop hook"},
		{"a_command_from_a_variable", "{name: side, image: TOOLS, command: [$(DIR)/check], env: [{name: DIR, value: " +
			"/tools}]}", 1, crash},
		{"a_command_that_the_image_lacks", "{name: side, image: TOOLS, command: [/nope]}", 0, "container side, would not " +
			"start: its command /nope is not in image TOOLS for linux/amd64 and linux/arm64 (no such file or directory)."},
		{"a_probe_that_the_image_lacks", "{name: side, image: TOOLS, livenessProbe: {exec: {command: [ready]}}}", 0,
			"the command of its liveness probe ready is not in image TOOLS"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			side := strings.ReplaceAll(test.side, "TOOLS", "'"+tools+"'")
			repo := repository(t, map[string]string{"app.yaml": strings.Replace(deployment, "registry/app}]",
				"registry/app}, "+side+"]", 1)})
			status, got, output := perform(t, nil, "plan", "--tag", "v1", "--kustomization", repo, "--kubeconfig",
				cluster.Kubeconfig,
				"--images", "registry/app="+cluster.Registry+"/starts/app")
			if len(got.Workloads) > 0 {
				output += "\narm64=" + string(got.Workloads[0].Architectures["arm64"])
			}
			if want := strings.ReplaceAll(test.want, "TOOLS", tools); status != test.status || !strings.Contains(output, want) {
				t.Errorf("status %d, want %d; no %q in\n%s", status, test.status, want, output)
			}
		})
	}
}
