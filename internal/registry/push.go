package registry

import (
	"context"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Push writes an image or index: blobs first, then manifests, and last what the reference itself names. Layers that
// the registry has in another repository are mounted from there, and not sent, where they are read from it. An upload
// that breaks begins anew, Writes.Attempts times in all.
func (c *Client) Push(ctx context.Context, ref name.Reference, what remote.Taggable) error {
	pusher, ref, err := c.pusher(ctx, ref)
	if err != nil {
		return err
	}
	return pusher.Push(ctx, ref, what)
}

// Put writes a manifest whose parts the registry has already.
func (c *Client) Put(ctx context.Context, ref name.Reference, what remote.Taggable) error {
	pusher, ref, err := c.pusher(ctx, ref)
	if err != nil {
		return err
	}
	return pusher.Put(ctx, ref, what)
}

// Delete removes a tag, and not what it leads to; a registry may not allow it.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#deleting-tags
func (c *Client) Delete(ctx context.Context, tag name.Tag) error {
	pusher, ref, err := c.pusher(ctx, tag)
	if err != nil {
		return err
	}
	return pusher.Delete(ctx, ref)
}

// pusher also returns the reference with plain HTTP where that was asked for.
func (c *Client) pusher(ctx context.Context, ref name.Reference) (*remote.Pusher, name.Reference, error) {
	repo, err := c.reachable(ref.Context())
	if err != nil {
		return nil, nil, err
	}
	pusher, err := c.pushers.do(repo.Name(), func() (*remote.Pusher, error) {
		auth, err := c.authenticator(ctx, repo)
		if err != nil {
			return nil, err
		}
		l := c.opts.Writes
		return remote.NewPusher(
			remote.WithTransport(c.writes), remote.WithAuth(auth), remote.WithUserAgent(userAgent), remote.WithJobs(c.opts.Jobs),
			remote.WithRetryStatusCodes(), // those are the transport's
			remote.WithRetryBackoff(remote.Backoff{Duration: l.Pause, Factor: 3, Jitter: 0.1, Steps: l.Attempts}))
	})
	if err != nil {
		return nil, nil, err
	}
	if tag, ok := ref.(name.Tag); ok {
		return pusher, repo.Tag(tag.TagStr()), nil
	}
	return pusher, repo.Digest(ref.Identifier()), nil
}
