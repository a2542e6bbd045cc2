package image

import (
	"context"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"
)

// maxTags bounds in how many tags' indexes a digest without a tag is looked for.
const maxTags = 32

// findParent notes the index that contains the one manifest which the reference pins. It looks under the tag that the
// reference names ("cart:1.2@sha256:…") or, where it names none, under the repository's tags. A tag that can't be read
// hides a parent and no fault of the image, so its error is no concern here.
func (c *Client) findParent(ctx context.Context, img *Image) {
	pinned, ok := img.Reference.(name.Digest)
	if !ok || img.Index {
		return
	}
	tags := c.tags(ctx, pinned)
	parents := make([]v1.Hash, len(tags))
	var group errgroup.Group
	group.SetLimit(c.opts.Jobs)
	for i, tag := range tags {
		group.Go(func() error {
			if top, err := c.registry.Manifest(ctx, pinned.Context().Tag(tag)); err == nil && lists(top, img.Digest) {
				parents[i] = top.Digest
			}
			return nil
		})
	}
	_ = group.Wait() // no call returns an error
	for i, parent := range parents {
		if parent != (v1.Hash{}) {
			img.Parent, img.ParentTag = parent, tags[i]
			return
		}
	}
}

func (c *Client) tags(ctx context.Context, pinned name.Digest) []string {
	before, _, _ := strings.Cut(pinned.String(), "@")
	if tag, err := name.NewTag(before, name.WithDefaultTag("")); err == nil && tag.TagStr() != "" {
		return []string{tag.TagStr()}
	}
	tags, err := c.registry.Tags(ctx, pinned.Context())
	if err != nil {
		return nil
	}
	tags = slices.Clone(tags)
	slices.Reverse(tags) // in the order of names: later versions first
	return tags[:min(len(tags), maxTags)]
}

// lists reports whether an index has an entry of the digest.
func lists(top *remote.Descriptor, digest v1.Hash) bool {
	if kindOf(top) != kindIndex {
		return false
	}
	entries, _, err := parseIndex(top)
	return err == nil && slices.ContainsFunc(entries, func(e v1.Descriptor) bool { return e.Digest == digest })
}
