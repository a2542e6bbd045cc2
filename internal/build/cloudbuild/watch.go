package cloudbuild

import (
	"cmp"
	"context"
	"net/url"
	"slices"

	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
)

// running is a build as Cloud Build tells of it.
// https://docs.cloud.google.com/build/docs/api/reference/rest/v1/projects.builds
type running struct {
	ID             string
	Status         string
	StatusDetail   string
	LogURL         string `json:"logUrl"`
	ServiceAccount string
	FailureInfo    struct{ Type, Detail string }
	Steps          []struct{ ID, Status string }
	Results        struct {
		// BuildStepOutputs holds what each step left, in base64.
		BuildStepOutputs []string
	}
}

// ended tells whether the status is a last one.
func (r running) ended() bool {
	return !slices.Contains([]string{"", "STATUS_UNKNOWN", "PENDING", "QUEUED", "WORKING"}, r.Status)
}

// step is the place of a step among all, or -1.
func (r running) step(id string) int {
	for i, s := range r.Steps {
		if s.ID == id {
			return i
		}
	}
	return -1
}

// looks is how many looks at a build may fail in a row, as they do while a network is away.
const looks = 15

// watch follows the build and its log until it has ended, and cancels it when ctx does.
func (j *job) watch(ctx context.Context, r running, log *tail) (running, error) {
	defer log.lines.Flush()
	failed := 0
	for {
		now, err := j.look(ctx, r.ID)
		if err == nil {
			r, failed = now, 0
		} else if failed++; ctx.Err() == nil && (!googleapi.MayPass(err) || failed == looks) {
			j.cancel(ctx, r.ID) // it must not push once this run has failed
			return r, err
		}
		log.read(ctx)
		if r.ended() {
			log.read(ctx) // what was written between the two looks
			return r, nil
		}
		sleep(ctx, cmp.Or(j.Poll, DefaultPoll))
		if ctx.Err() != nil {
			j.cancel(ctx, r.ID)
			return r, context.Cause(ctx)
		}
	}
}

func (j *job) look(ctx context.Context, id string) (running, error) {
	var now running
	err := j.api.Ask(ctx, googleapi.Call{Doing: "looking at build " + id, Host: buildHost, Path: j.path("builds/" + url.PathEscape(id))}, &now)
	return now, err
}
