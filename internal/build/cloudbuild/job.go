package cloudbuild

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

const buildHost = "cloudbuild.googleapis.com"

// job is the build of one image, from its submission to its end.
type job struct {
	*Builder
	api    *googleapi.Client
	store  *storage
	spec   build.Spec
	source source
	emit   progress.Sink
}

// run builds and pushes the image, as a step of its own in the log.
func (j *job) run(ctx context.Context) (digest v1.Hash, err error) {
	started := time.Now()
	j.emit(progress.StepStarted{Name: "build", Title: "Build " + j.spec.Name + " for " +
		strings.ReplaceAll(build.JoinPlatforms(j.spec.Platforms), ",", ", ") + " on Cloud Build"})
	defer func() { j.emit(progress.StepFinished{Name: "build", Elapsed: time.Since(started), Err: err}) }()
	submitted, err := j.submit(ctx)
	if err != nil {
		return v1.Hash{}, fmt.Errorf("building %s: %w", j.spec.Name, err)
	}
	j.say("Build %s is at %s", submitted.ID, submitted.LogURL)
	log := newTail(j.store, "multiarch-deploy/log-"+submitted.ID+".txt", j.emit)
	ended, err := j.watch(ctx, submitted, log)
	if err != nil {
		return v1.Hash{}, fmt.Errorf("building %s: %w", j.spec.Name, err)
	}
	if ended.Status != "SUCCESS" {
		return v1.Hash{}, j.explain(ended, log)
	}
	return j.digest(ended)
}

func (j *job) say(format string, args ...any) {
	j.emit(progress.Message{Text: fmt.Sprintf(format, args...)})
}

// submit starts the build. It is not interrupted halfway, which would leave a build that nobody knows.
func (j *job) submit(ctx context.Context) (running, error) {
	wanted, err := j.request()
	if err != nil {
		return running{}, err
	}
	var operation struct {
		Metadata struct{ Build running }
	}
	err = j.Account.Retry(ctx, "Cloud Build refused the build", func(ctx context.Context) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return j.api.Ask(context.WithoutCancel(ctx), googleapi.Call{
			Doing: "submitting the build", Host: buildHost, Path: j.path("builds"), Body: wanted,
		}, &operation)
	})
	if err == nil && operation.Metadata.Build.ID == "" {
		err = fmt.Errorf("submitting the build: %s answered without the ID of a build", buildHost)
	}
	return operation.Metadata.Build, err
}

func (j *job) path(below string) string {
	return "/v1/projects/" + url.PathEscape(j.Cloud.Project) + "/locations/" + url.PathEscape(j.Cloud.Region) + "/" + below
}

// cancel ends the build, after the run itself was.
func (j *job) cancel(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeTimeout)
	defer cancel()
	err := j.api.Ask(ctx, googleapi.Call{
		Doing: "cancelling build " + id, Method: http.MethodPost, Host: buildHost, Path: j.path("builds/" + url.PathEscape(id) + ":cancel"), Body: struct{}{},
	}, nil)
	if err != nil {
		j.say("%v", err)
		return
	}
	j.say("Build %s is cancelled", id)
}

// digest is that of the index which buildx pushed, as it says itself: the tag may lead elsewhere by now.
func (j *job) digest(ended running) (v1.Hash, error) {
	var metadata struct {
		Digest string `json:"containerimage.digest"`
	}
	at := ended.step(buildStep)
	if at < 0 || at >= len(ended.Results.BuildStepOutputs) {
		return v1.Hash{}, fmt.Errorf("building %s: build %s tells no result of its step %q", j.spec.Name, ended.ID, buildStep)
	}
	content, err := base64.StdEncoding.DecodeString(ended.Results.BuildStepOutputs[at])
	if err == nil {
		err = json.Unmarshal(content, &metadata)
	}
	if err != nil {
		return v1.Hash{}, fmt.Errorf("building %s: reading the result of build %s: %w", j.spec.Name, ended.ID, err)
	}
	digest, err := v1.NewHash(metadata.Digest)
	if err != nil {
		return v1.Hash{}, fmt.Errorf("building %s: reading the digest in the result of build %s: %w", j.spec.Name, ended.ID, err)
	}
	return digest, nil
}
