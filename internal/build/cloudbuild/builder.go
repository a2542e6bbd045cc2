// Package cloudbuild has Google Cloud Build build images from Dockerfiles, for several platforms, and push them to
// Artifact Registry. Nothing is needed here but the sources: they go to Cloud Storage, and the log comes back from
// there.
package cloudbuild

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"google.golang.org/api/cloudbuild/v1"
	gcs "google.golang.org/api/storage/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// DefaultPoll is far enough below the quota of Cloud Build's reads for dozens of images side by side.
// https://docs.cloud.google.com/build/quotas
const DefaultPoll = 2 * time.Second

// Account is who asks Google: it signs requests in.
type Account interface {
	// API returns a client that completes refusals with what advise says to do about them.
	API(advise func(*googleapi.Refusal) string) *googleapi.Client
	// Member is how an IAM policy names the account.
	Member() string
	// Retry calls try until it succeeds, or until a refusal can't be the delay with which a new role becomes known.
	Retry(ctx context.Context, what string, try func(context.Context) error) error
}

// Builder builds with Cloud Build.
type Builder struct {
	Cloud   build.CloudBuild
	Account Account
	// Progress gets what Cloud Build says, image by image.
	Progress progress.Sink
	// Poll is the pause between two looks at a build and its log; 0 is DefaultPoll.
	Poll time.Duration
}

// Build builds the images side by side, each in a build of its own, and pushes each as an index under its reference. It
// returns the digests of the indexes, in the order of specs. When several images fail, the error joins theirs; a
// *build.StepError among them means that a Dockerfile is to blame, and any other error that something the build needs
// has failed. Builds that run when ctx ends are cancelled, and the sources are deleted in the end.
func (b *Builder) Build(ctx context.Context, specs []build.Spec) ([]v1.Hash, error) {
	client := b.Account.API(b.advise)
	builds, err := cloudbuild.NewService(ctx, client.Options()...)
	if err != nil {
		return nil, fmt.Errorf("preparing to ask Cloud Build: %w", err)
	}
	buckets, err := gcs.NewService(ctx, client.Options()...)
	if err != nil {
		return nil, fmt.Errorf("preparing to ask Cloud Storage: %w", err)
	}
	store := &storage{client: client, service: buckets, bucket: b.bucket(), retry: b.Account.Retry}
	if err := b.checkBucket(ctx, store); err != nil {
		return nil, err
	}
	sources, err := b.send(ctx, store, specs)
	defer b.remove(ctx, store, sources)
	if err != nil {
		return nil, err
	}
	digests, errs := make([]v1.Hash, len(specs)), make([]error, len(specs))
	turns := progress.NewTurns(len(specs))
	var images sync.WaitGroup
	for i, spec := range specs {
		images.Go(func() {
			defer turns.Done(i)
			one := &job{
				Builder: b, client: client, builds: builds.Projects.Locations.Builds, store: store,
				spec: spec, source: sources[i], emit: turns.Sink(i, b.Progress),
			}
			digests[i], errs[i] = one.run(ctx)
		})
	}
	images.Wait()
	return digests, errors.Join(errs...)
}

// bucket is where sources and logs go.
func (b *Builder) bucket() string {
	if b.Cloud.Bucket != "" {
		return b.Cloud.Bucket
	}
	return b.Cloud.Project + "_cloudbuild"
}

// checkBucket makes sure that the bucket of the usual name is the project's own: names of buckets are global, and who
// takes it first in another project would get the sources, and could replace them. gcloud makes the same check. A
// bucket that was named has been chosen.
func (b *Builder) checkBucket(ctx context.Context, store *storage) error {
	if b.Cloud.Bucket != "" {
		return nil
	}
	var own bool
	err := store.retry(ctx, "Cloud Storage refused to list the project's buckets", func(ctx context.Context) (err error) {
		own, err = store.has(ctx, b.Cloud.Project)
		return err
	})
	if err != nil || own {
		return err
	}
	return fmt.Errorf("the project %s has no bucket %s, where Cloud Build's sources and logs go. %s\nShould the name "+
		"be taken by another project, choose one with bucket=NAME behind cloudbuild in builder",
		b.Cloud.Project, store.bucket, b.makeBucket())
}
