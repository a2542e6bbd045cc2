package cloudbuild

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"google.golang.org/api/cloudbuild/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

const buildHost = "cloudbuild.googleapis.com"

// job is the build of one image, from its submission to its end.
type job struct {
	*Builder
	client *googleapi.Client
	builds *cloudbuild.ProjectsLocationsBuildsService
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
	j.say("Build %s is at %s", submitted.Id, submitted.LogUrl)
	log := newTail(j.store, "multiarch-deploy/log-"+submitted.Id+".txt", j.emit)
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
func (j *job) submit(ctx context.Context) (*cloudbuild.Build, error) {
	wanted, err := j.request()
	if err != nil {
		return nil, err
	}
	var operation *cloudbuild.Operation
	err = j.Account.Retry(ctx, "Cloud Build refused the build", func(ctx context.Context) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		operation, err = j.builds.Create(j.location(), wanted).Context(context.WithoutCancel(ctx)).Do()
		return j.client.Explain("submitting the build", buildHost, err)
	})
	if err != nil {
		return nil, err
	}
	var started cloudbuild.BuildOperationMetadata
	if json.Unmarshal(operation.Metadata, &started) != nil || started.Build == nil || started.Build.Id == "" {
		return nil, fmt.Errorf("submitting the build: %s answered without the ID of a build", buildHost)
	}
	return started.Build, nil
}

func (j *job) location() string {
	return "projects/" + j.Cloud.Project + "/locations/" + j.Cloud.Region
}

func (j *job) name(id string) string { return j.location() + "/builds/" + id }

// cancel ends the build, after the run itself was.
func (j *job) cancel(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeTimeout)
	defer cancel()
	_, err := j.builds.Cancel(j.name(id), &cloudbuild.CancelBuildRequest{}).Context(ctx).Do()
	if err = j.client.Explain("cancelling build "+id, buildHost, err); err != nil {
		j.say("%v", err)
		return
	}
	j.say("Build %s is cancelled", id)
}

// digest is that of the index which buildx pushed, as it says itself: the tag may lead elsewhere by now.
func (j *job) digest(ended *cloudbuild.Build) (v1.Hash, error) {
	var metadata struct {
		Digest string `json:"containerimage.digest"`
	}
	at := slices.IndexFunc(ended.Steps, func(s *cloudbuild.BuildStep) bool { return s.Id == buildStep })
	if at < 0 || ended.Results == nil || at >= len(ended.Results.BuildStepOutputs) {
		return v1.Hash{}, fmt.Errorf("building %s: build %s has no result of its step %q", j.spec.Name, ended.Id, buildStep)
	}
	content, err := base64.StdEncoding.DecodeString(ended.Results.BuildStepOutputs[at])
	if err == nil {
		err = json.Unmarshal(content, &metadata)
	}
	if err != nil {
		return v1.Hash{}, fmt.Errorf("building %s: reading the result of build %s: %w", j.spec.Name, ended.Id, err)
	}
	digest, err := v1.NewHash(metadata.Digest)
	if err != nil {
		return v1.Hash{}, fmt.Errorf("building %s: reading the digest in the result of build %s: %w", j.spec.Name, ended.Id,
			err)
	}
	return digest, nil
}
