package cloudbuild

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// submitted is one build, from its submission on.
type submitted struct {
	cloud  *Service
	region string
	cancel context.CancelFunc
	done   chan struct{}

	mu    sync.Mutex
	shown shownBuild
	log   bytes.Buffer
}

// shownBuild is a build as Cloud Build reports it.
type shownBuild struct {
	Build

	ID           string `json:"id"`
	Status       string `json:"status"`
	StatusDetail string `json:"statusDetail,omitempty"`
	LogURL       string `json:"logUrl"`
	FailureInfo  struct {
		Type   string `json:"type"`
		Detail string `json:"detail"`
	} `json:"failureInfo,omitzero"`
	Results struct {
		BuildStepOutputs []string `json:"buildStepOutputs"`
	} `json:"results"`
}

// Container is the container of a step: its command, and the folders that it shares with the other steps.
type Container struct {
	Entrypoint string
	Args, Env  []string
	// Workspace holds the sources, Home is the user's, and Outputs is at /builder/outputs.
	Workspace, Home, Outputs string
	// Account is who the build runs as.
	Account string
	Output  io.Writer
}

func (r *submitted) show() shownBuild {
	r.mu.Lock()
	defer r.mu.Unlock()
	copied := r.shown
	copied.Steps = append([]BuildStep(nil), r.shown.Steps...)
	return copied
}

func (r *submitted) change(how func(*shownBuild)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	how(&r.shown)
}

// Write adds to the log, which is in the bucket from its first byte on.
func (r *submitted) Write(p []byte) (int, error) {
	r.mu.Lock()
	r.log.Write(p)
	content := bytes.Clone(r.log.Bytes())
	r.mu.Unlock()
	r.cloud.Storage.write(logsBucket(&r.shown.Build), logObject(&r.shown.Build, r.shown.ID), content)
	return len(p), nil
}

// run takes the steps one after another, as one that has a whole machine for itself.
func (r *submitted) run(ctx context.Context) {
	defer close(r.done)
	timeout, _ := time.ParseDuration(r.shown.Timeout) // it was checked
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r.change(func(b *shownBuild) {
		b.Status = "WORKING"
		b.ServiceAccount = "projects/" + r.cloud.google.ProjectID + "/serviceAccounts/" + r.cloud.runner(&b.Build)
	})
	dir, err := os.MkdirTemp("", "cloudbuild")
	if err == nil {
		defer os.RemoveAll(dir)
		err = r.work(limited, dir)
	}
	r.change(func(b *shownBuild) {
		switch {
		case errors.Is(ctx.Err(), context.Canceled):
			b.Status = "CANCELLED"
		case limited.Err() != nil:
			b.Status = "TIMEOUT"
		case err != nil:
			b.Status = "FAILURE"
			b.StatusDetail, b.FailureInfo.Detail = err.Error(), err.Error()
		default:
			b.Status = "SUCCESS"
		}
	})
}

func (r *submitted) work(ctx context.Context, dir string) error {
	c := Container{
		Workspace: filepath.Join(dir, "workspace"), Home: filepath.Join(dir, "home"), Outputs: filepath.Join(dir, "outputs"),
		Account: r.cloud.runner(&r.shown.Build), Output: r,
	}
	fmt.Fprintf(r, "starting build %q\n\nFETCHSOURCE\n", r.shown.ID)
	if err := r.fetch(c.Workspace); err != nil {
		r.change(func(b *shownBuild) { b.FailureInfo.Type = "FETCH_SOURCE_FAILED" })
		return err
	}
	fmt.Fprintf(r, "BUILD\n")
	for i := range r.shown.Steps {
		for _, folder := range []string{c.Workspace, c.Home, c.Outputs} {
			if err := os.MkdirAll(folder, 0o700); err != nil {
				return err
			}
		}
		if err := r.step(ctx, i, c); err != nil {
			fmt.Fprintf(r, "ERROR\nERROR: %v\n", err)
			return err
		}
	}
	fmt.Fprint(r, "PUSH\nDONE\n")
	return nil
}

// fetch unpacks the source, in the generation that the build names.
func (r *submitted) fetch(workspace string) error {
	from := r.shown.Source.StorageSource
	if from.Bucket == "" {
		return nil // the build has no source of its own
	}
	found, ok := r.cloud.Storage.object(from.Bucket, from.Object)
	if !ok || strconv.FormatInt(found.generation, 10) != from.Generation {
		return fmt.Errorf("could not fetch the source gs://%s/%s#%s", from.Bucket, from.Object, from.Generation)
	}
	return unpack(bytes.NewReader(found.content), workspace)
}

// step runs one step, with its name before each line of the log, and keeps what it leaves behind.
func (r *submitted) step(ctx context.Context, i int, c Container) error {
	s := r.shown.Steps[i]
	name := fmt.Sprintf("Step #%d - %q", i, s.ID)
	fmt.Fprintf(r, "Starting %s\n", name)
	lines := &prefixer{to: r, prefix: name + ": "}
	c.Entrypoint, c.Args, c.Env, c.Output = s.Entrypoint, s.Args, s.Env, lines
	err := r.cloud.docker(ctx, c)
	lines.flush()
	output, _ := os.ReadFile(filepath.Join(c.Outputs, "output")) // most steps leave none
	_ = os.RemoveAll(c.Outputs)
	r.change(func(b *shownBuild) {
		b.Results.BuildStepOutputs = append(b.Results.BuildStepOutputs,
			base64.StdEncoding.EncodeToString(output[:min(len(output), 50<<10)]))
		b.Steps[i].Status = "SUCCESS"
		if err != nil {
			b.Steps[i].Status, b.FailureInfo.Type = "FAILURE", "USER_BUILD_STEP"
		}
	})
	if err != nil {
		return fmt.Errorf("build step %d %q failed: step exited with non-zero status: 1", i, s.Name)
	}
	fmt.Fprintf(r, "Finished %s\n", name)
	return nil
}
