package buildkit

import (
	"context"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// part is what one daemon builds of an image.
type part struct {
	daemon    *daemon
	platforms []v1.Platform
}

// image builds and pushes one image.
func (b *Builder) image(ctx context.Context, spec build.Spec, daemons []*daemon, log *display) (v1.Hash, error) {
	if err := spec.CheckFiles(); err != nil {
		return v1.Hash{}, err
	}
	parts, err := divide(spec, daemons)
	if err != nil {
		return v1.Hash{}, err
	}
	if len(parts) == 1 {
		return b.solve(ctx, spec, parts[0], spec.Target(), log)
	}
	digests, err := b.parts(ctx, spec, parts, log)
	if err != nil {
		return v1.Hash{}, err
	}
	return b.join(ctx, spec, digests)
}

// parts builds each part on its own daemon and pushes it by digest, under no tag: a tag must never name half an image.
func (b *Builder) parts(ctx context.Context, spec build.Spec, parts []part, log *display) ([]v1.Hash, error) {
	digests := make([]v1.Hash, len(parts))
	group, ctx := errgroup.WithContext(ctx)
	for i, p := range parts {
		group.Go(func() (err error) {
			digests[i], err = b.solve(ctx, spec, p, spec.Reference.Context().Name(), log)
			return err
		})
	}
	return digests, group.Wait()
}

// divide gives each platform to the daemon that names it, or to the one that names none.
func divide(spec build.Spec, daemons []*daemon) ([]part, error) {
	byDaemon := map[*daemon][]v1.Platform{}
	for _, platform := range spec.Platforms {
		i := slices.IndexFunc(daemons, func(d *daemon) bool {
			return slices.ContainsFunc(d.endpoint.Platforms,
				platform.Equals)
		})
		if i < 0 {
			i = slices.IndexFunc(daemons, func(d *daemon) bool { return len(d.endpoint.Platforms) == 0 })
		}
		if i < 0 {
			return nil, fmt.Errorf("building %s: no builder is for %s; add it to the platforms of one, or add a builder "+
				"without platforms",
				spec.Name, platform)
		}
		byDaemon[daemons[i]] = append(byDaemon[daemons[i]], platform)
	}
	var parts []part
	for _, d := range daemons {
		if platforms, used := byDaemon[d]; used {
			parts = append(parts, part{d, platforms})
		}
	}
	return parts, nil
}

// solve has one daemon build its part and push it. target is a reference with a tag, or a repository, where
// the part is pushed by digest.
func (b *Builder) solve(ctx context.Context, spec build.Spec, p part, target string, log *display) (v1.Hash, error) {
	session, err := p.daemon.session(spec)
	if err != nil {
		return v1.Hash{}, fmt.Errorf("building %s: %w", spec.Name, err)
	}
	status, finish := log.follow()
	response, err := p.daemon.client.Solve(ctx, nil, b.solveOptions(spec, p, target, session), status)
	finish()
	if err != nil {
		return v1.Hash{}, explain(ctx, err, spec, p, log)
	}
	digest, err := v1.NewHash(response.ExporterResponse[digestKey])
	if err != nil {
		return v1.Hash{}, fmt.Errorf("building %s: reading the digest that BuildKit at %s returned: %w", spec.Name,
			p.daemon.endpoint.Address, err)
	}
	return digest, nil
}
