package cloudbuild

import (
	"cmp"
	"context"
	"slices"
	"time"

	"google.golang.org/api/cloudbuild/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
)

// ended reports whether a build's status is a last one.
func ended(b *cloudbuild.Build) bool {
	return !slices.Contains([]string{"", "STATUS_UNKNOWN", "PENDING", "QUEUED", "WORKING"}, b.Status)
}

// looks is how many looks at a build may fail in a row, as they do while a network is away.
const looks = 15

// watch follows the build and its log until it has ended, and cancels it when ctx does.
func (j *job) watch(ctx context.Context, b *cloudbuild.Build, log *tail) (*cloudbuild.Build, error) {
	defer log.lines.Flush()
	failed := 0
	for {
		now, err := j.look(ctx, b.Id)
		if err == nil {
			b, failed = now, 0
		} else if failed++; ctx.Err() == nil && (!googleapi.MayPass(err) || failed == looks) {
			j.cancel(ctx, b.Id) // it must not push once this run has failed
			return b, err
		}
		log.read(ctx)
		if ended(b) {
			log.read(ctx) // what was written between the two looks
			return b, nil
		}
		sleep(ctx, cmp.Or(j.Poll, DefaultPoll))
		if ctx.Err() != nil {
			j.cancel(ctx, b.Id)
			return b, context.Cause(ctx)
		}
	}
}

func (j *job) look(ctx context.Context, id string) (*cloudbuild.Build, error) {
	now, err := j.builds.Get(j.name(id)).Context(ctx).Do()
	return now, j.client.Explain("looking at build "+id, buildHost, err)
}

// sleep pauses, or returns when ctx ends.
func sleep(ctx context.Context, pause time.Duration) {
	select {
	case <-time.After(pause):
	case <-ctx.Done():
	}
}
