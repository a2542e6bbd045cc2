// Package newer looks for a newer tag of an image that offers an architecture.
package newer

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
)

// Result is what the search for a newer tag of an image came to.
type Result struct {
	// Tag has the architecture; "" where none was found.
	Tag string
	// Looked are the tags that were looked at.
	Looked []string
	// More: the repository has more tags than were listed.
	More bool
	// Unversioned: the tag names no version, so that none is newer.
	Unversioned bool
	// Err is why the tags could not be listed.
	Err error
}

// tagPages bounds how many tags of a repository are listed, at 1,000 a page.
const tagPages = 5

// Find looks for the least change of a reference's tag that offers the architecture: the tag itself, where the
// reference pins a digest under it; then the newest tag of the same minor version, of the same major version, and of
// all, each in the same family of tags, which is at most four look-ups.
func Find(ctx context.Context, c *image.Client, ref name.Reference, architecture string) Result {
	var found Result
	current, pinned := tagOf(ref)
	if current == "" {
		return Result{Unversioned: true}
	}
	tags, more, err := c.Registry().TagPages(ctx, ref.Context(), tagPages)
	found.More = more
	if err != nil {
		found.Err = c.Explain(ctx, ref, err)
	}
	_, isVersion := versionOf(current)
	found.Unversioned = !isVersion
	steps := newerTags(tags, current)
	if pinned {
		steps = slices.Concat([]string{current}, steps)
	}
	for _, tag := range steps {
		found.Looked = append(found.Looked, tag)
		if c.SurveyOne(ctx, ref.Context().Tag(tag)).RunsOn(architecture) {
			found.Tag, found.Err = tag, nil
			return found
		}
	}
	return found
}

// tagOf is the tag of a reference; pinned: a digest goes before it.
func tagOf(ref name.Reference) (tag string, pinned bool) {
	if t, ok := ref.(name.Tag); ok {
		return t.TagStr(), false
	}
	before, _, _ := strings.Cut(ref.String(), "@")
	if t, err := name.NewTag(before, name.WithDefaultTag("")); err == nil {
		return t.TagStr(), true
	}
	return "", true
}

// version is a tag taken apart: "v1.25.3-alpine3.18" is of the family "v", three numbers, "-alpine#.#".
type version struct {
	tag, family string
	numbers     []int
	rest        []int // the numbers after the version
}

var (
	versioned = regexp.MustCompile(`^([A-Za-z][A-Za-z_-]*)?(\d+(?:\.\d+)*)(.*)$`)
	digits    = regexp.MustCompile(`\d+`)
)

// versionOf is not ok for tags that name no version, such as latest, and for hashes.
func versionOf(tag string) (v version, ok bool) {
	parts := versioned.FindStringSubmatch(tag)
	if parts == nil || parts[3] != "" && !strings.ContainsAny(parts[3][:1], "-_+.") {
		return version{}, false
	}
	v = version{tag: tag, numbers: numbers(parts[2]), rest: numbers(parts[3])}
	if v.numbers == nil {
		return version{}, false
	}
	v.family = parts[1] + "/" + strconv.Itoa(len(v.numbers)) + "/" + digits.ReplaceAllString(parts[3], "#")
	return v, true
}

// numbers are those in a text; nil where one is none that a version has.
func numbers(text string) []int {
	list := []int{}
	for _, digits := range digits.FindAllString(text, -1) {
		n, err := strconv.Atoi(digits)
		if err != nil {
			return nil
		}
		list = append(list, n)
	}
	return list
}

func (v version) compare(w version) int {
	return cmp.Or(slices.Compare(v.numbers, w.numbers), slices.Compare(v.rest, w.rest))
}

// newerTags picks from a repository's tags those to look at, the least change first: of each the newest.
func newerTags(tags []string, current string) (steps []string) {
	now, ok := versionOf(current)
	if !ok {
		return nil
	}
	for same := len(now.numbers) - 1; same >= 0; same-- {
		newest := now
		for _, tag := range tags {
			v, ok := versionOf(tag)
			if ok && v.family == now.family && slices.Equal(v.numbers[:same], now.numbers[:same]) && v.compare(newest) > 0 {
				newest = v
			}
		}
		if newest.tag != current && !slices.Contains(steps, newest.tag) {
			steps = append(steps, newest.tag)
		}
	}
	return steps[:min(len(steps), newestLooked)]
}

// newestLooked bounds the look-ups: a version of four numbers or more has as many steps.
const newestLooked = 3
