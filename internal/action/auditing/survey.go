package auditing

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	"golang.org/x/sync/errgroup"

	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/newer"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// Survey asks the registries what the images of all workloads are for, and, of those that lack the architecture to move
// to, whether a newer tag has it.
func (a *Audit) Survey(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, a.Config.WaitTimeout, &registry.SlowError{After: a.Config.WaitTimeout})
	defer cancel()
	a.known, a.failed = map[string]audit.Image{}, map[string]error{}
	byRegistry := map[string][]name.Reference{}
	for _, ref := range a.surveyed() {
		host := ref.Context().RegistryStr()
		byRegistry[host] = append(byRegistry[host], ref)
	}
	logins, shown := a.pullLogins(ctx), statuses{emit: a.Emit}
	// A registry that limits requests may take minutes, in which the others are through with all there is to ask.
	var group sync.WaitGroup
	for host, refs := range byRegistry {
		group.Go(func() {
			defer shown.end(host)
			a.surveyRegistry(ctx, logins, refs, shown.of(host))
		})
	}
	group.Wait()
	a.reportUnknown()
	return nil
}

// surveyRegistry asks one registry about its images, with one credential after the other where it refuses to show them.
func (a *Audit) surveyRegistry(ctx context.Context, logins *pullLogins, refs []name.Reference, status progress.Sink) {
	reader := map[name.Reference]*image.Client{} // the one that could read it
	for round := 0; len(refs) > 0; round++ {
		client := a.surveyor(logins, round, status)
		var again []name.Reference
		for i, result := range client.Survey(ctx, refs) {
			ref := refs[i]
			refused, isRefused := image.RefusalOf(result.Err)
			if isRefused && refused.Code == finding.ImageUnauthorized && logins.more(ref, round) {
				again = append(again, ref)
				continue
			}
			a.note(ref, result)
			if result.Err == nil && !result.RunsOn(a.moveTo()) {
				reader[ref] = client
			}
		}
		refs = again
	}
	a.findNewer(ctx, reader, status)
}

// newerJobs is how many images of a registry are looked up for newer tags side by side.
const newerJobs = 8

// findNewer looks for newer tags of images that lack the architecture, each through a client that may read it.
func (a *Audit) findNewer(ctx context.Context, lacking map[name.Reference]*image.Client, status progress.Sink) {
	var group errgroup.Group
	group.SetLimit(newerJobs)
	done := 0
	for ref, client := range lacking {
		group.Go(func() error {
			found := newerOf(newer.Find(ctx, client, ref, a.moveTo()))
			a.lock.Lock()
			defer a.lock.Unlock()
			done++
			status(progress.Status{Text: fmt.Sprintf("Looking for newer tags: %d of %d images", done, len(lacking))})
			known := a.known[ref.String()]
			known.Newer = found
			a.known[ref.String()] = known
			return nil
		})
	}
	_ = group.Wait() // nobody returns one
}

// statuses makes one status of those of several registries.
type statuses struct {
	emit progress.Sink
	lock sync.Mutex
	by   map[string]string
}

// of takes the statuses of one registry.
func (s *statuses) of(host string) progress.Sink {
	return func(event progress.Event) {
		if status, ok := event.(progress.Status); ok {
			s.set(host, status.Text)
		}
	}
}

// end takes out a registry that is through.
func (s *statuses) end(host string) { s.set(host, "") }

func (s *statuses) set(host, text string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.by == nil {
		s.by = map[string]string{}
	}
	if s.by[host] = text; text == "" {
		delete(s.by, host)
	}
	var all []string
	for _, host := range slices.Sorted(maps.Keys(s.by)) {
		all = append(all, s.by[host])
	}
	if len(all) > 0 {
		s.emit(progress.Status{Text: strings.Join(all, "; ")})
	}
}
