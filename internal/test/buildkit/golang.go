package buildkit

import (
	_ "embed"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build/assemble"
)

//go:embed gorunc.sh
var goRuncScript string

// goRunc makes a folder with the script in runc's place, and returns what the script asks of its environment.
func goRunc(t testing.TB, dir string) (bin string, env []string) {
	t.Helper()
	runc, err := exec.LookPath("runc")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "env", "-json", "GOROOT", "GOMODCACHE", "GOCACHE").Output()
	if err != nil {
		t.Fatalf("go env: %v", err)
	}
	var paths struct{ GOROOT, GOMODCACHE, GOCACHE string }
	if err := json.Unmarshal(out, &paths); err != nil {
		t.Fatal(err)
	}
	bin = filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "runc"), []byte(goRuncScript), 0o755); err != nil {
		t.Fatal(err)
	}
	return bin, []string{"RUNC=" + runc, "GO_ROOT=" + paths.GOROOT, "GO_MODULES=" + paths.GOMODCACHE, "GO_CACHE=" +
		paths.GOCACHE}
}

// LoadGolang gives a networked engine the image golang:1.26: a shell, certificates, and this machine's Go.
func LoadGolang(t testing.TB, engine Engine) {
	t.Helper()
	load(t, engine.Client, "golang:1.26", assemble.Spec{
		Files:  append(goFiles(), shellFiles(busybox(t, runtime.GOARCH), "sh")...),
		Config: v1.Config{Env: goEnv()},
	})
}

// LoadRunner gives a networked engine an image that jobs of act can run in, with this machine's Go, as runners have it.
func LoadRunner(t testing.TB, engine Engine, reference string) {
	t.Helper()
	bash := filepath.Join(Repository(t), "bin", "bash")
	if _, err := os.Stat(bash); err != nil {
		t.Fatalf("%v: run %s, as `make test-engines` does", err, setup)
	}
	commands := shellFiles(busybox(t, runtime.GOARCH),
		"cat", "chmod", "chown", "cp", "cut", "echo", "env", "grep", "head", "id", "kill", "ls", "mkdir", "printf", "rm",
		"sed", "sh", "sleep", "stat", "tail", "test", "tr", "true", "wc")
	load(t, engine.Client, reference, assemble.Spec{
		Files:  append(append(goFiles(), commands...), assemble.File{Path: "/bin/bash", Source: bash}),
		Config: v1.Config{Env: goEnv()},
	})
}

// goFiles are what makes a networked engine give an image Go, and what Go needs beside itself.
func goFiles() []assemble.File {
	return []assemble.File{
		{Path: "/usr/local/go", Directory: true},
		{Path: "/go/pkg/mod", Directory: true},
		{Path: "/go/cache", Directory: true},
		{Path: "/tmp", Directory: true},
		{Path: "/etc/ssl/certs/ca-certificates.crt", Source: "/etc/ssl/certs/ca-certificates.crt", Mode: 0o644},
	}
}

// goEnv keeps the go command from asking a network that is not there.
func goEnv() []string {
	return []string{"PATH=/usr/local/go/bin:/bin", "GOPATH=/go", "GOCACHE=/go/cache", "GOPROXY=off", "GOTOOLCHAIN=local"}
}
