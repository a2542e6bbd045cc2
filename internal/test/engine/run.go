package engine

import (
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
)

// Run runs the step to its end, in a bridge network of the job's own.
func Run(t testing.TB, engine buildkit.Engine, job Job) Result {
	t.Helper()
	folders := t.TempDir()
	network := "github_network_" + filepath.Base(filepath.Dir(folders)) + filepath.Base(folders)
	Docker(t, engine, "network", "create", network)
	defer Docker(t, engine, "network", "rm", network)
	container := network
	args := []string{"run", "--name", container, "--network", network, "--workdir", "/github/workspace"}
	if job.Platform != "" {
		args = append(args, "--platform", job.Platform)
	}
	args = append(args, job.mounts(t, folders)...)
	args = append(args, job.variables(t)...)
	args = append(args, job.Image)
	log, err := dockerCommand(engine, append(args, job.Args...)...).CombinedOutput()
	defer Docker(t, engine, "rm", "--volumes", container)
	result := Result{Log: string(log), Folders: folders}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		result.Status = exit.ExitCode()
	} else if err != nil {
		t.Fatalf("docker run: %v", err)
	}
	if job.Export != nil {
		export(t, engine, container, job.Export)
	}
	result.Outputs = outputs(t, read(t, filepath.Join(folders, "file_commands", "output")))
	result.Summary = read(t, filepath.Join(folders, "file_commands", "summary"))
	return result
}

// export writes a container's files into a tar archive.
func export(t testing.TB, engine buildkit.Engine, container string, archive io.Writer) {
	t.Helper()
	cmd := dockerCommand(engine, "export", container)
	cmd.Stdout = archive
	if err := cmd.Run(); err != nil {
		t.Fatalf("docker export: %v", err)
	}
}

// mounts are the folders that the runner shares with the container.
func (j Job) mounts(t testing.TB, folders string) []string {
	t.Helper()
	args := []string{"--volume", j.Workspace + ":/github/workspace"}
	for _, volume := range j.Volumes {
		args = append(args, "--volume", volume)
	}
	for _, name := range []string{"home", "workflow", "file_commands", "runner_temp"} {
		if name == "runner_temp" && j.NoTemp {
			continue
		}
		folder := filepath.Join(folders, name)
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--volume", folder+":/github/"+name)
	}
	for _, name := range []string{"output", "summary"} {
		if err := os.WriteFile(filepath.Join(folders, "file_commands", name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return args
}

func (j Job) variables(t testing.TB) (args []string) {
	t.Helper()
	env := j.environment(t)
	for _, name := range slices.Sorted(maps.Keys(env)) {
		args = append(args, "--env", name+"="+env[name])
	}
	return args
}

// Docker runs the docker command with an engine, and returns what it printed.
func Docker(t testing.TB, engine buildkit.Engine, args ...string) string {
	t.Helper()
	out, err := dockerCommand(engine, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func dockerCommand(engine buildkit.Engine, args ...string) *exec.Cmd {
	cmd := exec.Command("docker", args...)
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+engine.Host)
	return cmd
}

func read(t testing.TB, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
