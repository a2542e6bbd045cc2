package github_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/github"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

const shop = "octo-org/shop"

// files are the repository that is deployed.
var files = map[string]string{
	"deploy/app.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  replicas: 2
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers: [{name: app, image: registry/app}]
`,
	"deploy/kustomization.yaml": `resources: [app.yaml]
images:
- name: registry/app   # set by every deploy
  newName: old.example.com/app
  newTag: latest
`,
}

// job is a workflow job that runs the program as a container action does.
type job struct {
	cloud *cloud.Cloud
	hub   *github.Hub
	// run counts up with each run, as GitHub's IDs do.
	run int
	// env are variables of the job besides.
	env map[string]string
	// registry holds the images, those of a commit under its SHA.
	registry string
}

// result is what a run leaves behind.
type result struct {
	status  int
	log     string
	outputs map[string]string
	// file is the kustomization in the workspace, and workspace that itself.
	file, workspace string
}

// deploy runs the program for a push: on a fresh checkout of what was pushed, with the images of that commit in the
// registry.
func (j *job) deploy(t *testing.T, repository *github.Repository, push github.Push, inputs map[string]string) result {
	t.Helper()
	j.run++
	dir := t.TempDir()
	github.CheckOut(t, dir, repository, push)
	pushImage(t, j.registry+"/app:"+push.After)

	cmd := exec.CommandContext(t.Context(), programs.Path(t))
	cmd.Dir = filepath.Join(dir, "workspace")
	for name, value := range j.environment(dir, repository, push) {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	for name, value := range inputs {
		cmd.Env = append(cmd.Env, "INPUT_"+strings.ToUpper(name)+"="+value)
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	_ = cmd.Run() // the status says how it went
	t.Log(log.String())
	j.scan(t, dir, log.String())
	return result{
		status: cmd.ProcessState.ExitCode(), log: log.String(), outputs: outputs(filepath.Join(dir, "output")),
		file: read(t, filepath.Join(cmd.Dir, "deploy", "kustomization.yaml")), workspace: cmd.Dir,
	}
}

// environment is the job's.
func (j *job) environment(dir string, repository *github.Repository, push github.Push) map[string]string {
	env := j.cloud.Env()
	maps.Copy(env, j.hub.Env())
	maps.Copy(env, github.JobEnv(dir, repository, push))
	maps.Copy(env, map[string]string{
		"GITHUB_RUN_ID":       fmt.Sprint(1000 + j.run),
		"INPUT_KUSTOMIZATION": "deploy", "INPUT_IMAGES": "registry/app=" + j.registry + "/app",
	})
	maps.Copy(env, j.env)
	return env
}

// scan looks for the tokens in all that the run wrote; only the command that masks one may name it.
func (j *job) scan(t *testing.T, dir, log string) {
	t.Helper()
	texts := regexp.MustCompile(`(?m)^::add-mask::.*$`).ReplaceAllString(log, "")
	for _, name := range []string{"output", "summary", "workspace/multiarch-deploy-report.json"} {
		content, _ := os.ReadFile(filepath.Join(dir, name)) // wrong inputs end before there is any
		texts += string(content)
	}
	for _, secret := range j.cloud.Secrets() {
		if strings.Contains(texts, secret) {
			t.Errorf("the run shows a secret: %.10s...", secret)
		}
	}
}

// outputs are those of the step: none where wrong inputs ended it.
func outputs(file string) map[string]string {
	content, _ := os.ReadFile(file)
	values := map[string]string{}
	for _, block := range regexp.MustCompile(`(?s)(\S+)<<(output_\w+)\n(.*?)\n(output_\w+)\n`).FindAllSubmatch(content,
		-1) {
		values[string(block[1])] = string(block[3])
	}
	return values
}

// sample is the sample app for both CPUs, compiled once.
var sample = sync.OnceValues(func() ([]v1.Image, error) {
	platforms := []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}}
	return sampleapp.Build(context.Background(), sampleapp.AKS("../../.."), platforms...)
})

func pushImage(t *testing.T, reference string) {
	t.Helper()
	images, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.NewTag(reference)
	if err != nil {
		t.Fatal(err)
	}
	if err := sampleapp.PushIndex(t.Context(), ref, images); err != nil {
		t.Fatal(err)
	}
}

func startCluster(t *testing.T) *localcluster.Cluster {
	t.Helper()
	cluster, err := localcluster.Start(t.Context(), localcluster.Options{Preset: "aks"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	return cluster
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
