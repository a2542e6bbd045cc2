package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// Image is what is known of a reference.
type Image struct {
	Reference string
	platform.Offer
	// Known: the registry was asked, and its answer is Offer. Gone: the registry has no such image, so that no node can
	// pull it. Else Problem says why nothing is known.
	Known, Gone bool
	Problem     string
	Own         bool
	Newer       Newer
}

// Newer is what became of the search for a newer tag.
type Newer struct {
	// Searched: the registry was asked.
	Searched bool
	// Tag has the architecture; "" for none.
	Tag string
	// Looked are the tags that were looked at, and Problem is why there may be others.
	Looked  []string
	Problem string
}

func (n Newer) words(architecture string) string {
	switch {
	case n.Tag != "":
		return fmt.Sprintf("tag %s has linux/%s", n.Tag, architecture)
	case !n.Searched:
		return ""
	case n.Problem != "":
		return "whether a newer tag has it is not known: " + n.Problem
	case len(n.Looked) > 0:
		return fmt.Sprintf("no newer tag of its kind has it (looked at %s)", platform.Conjoin(n.Looked))
	}
	return "there is no newer tag of its kind"
}

func (i Image) blame(container string) Blame {
	b := Blame{Container: container, Reference: i.Reference, Own: i.Own, Platforms: []string{}, Newer: i.Newer.Tag,
		Problem: i.Problem}
	for _, p := range i.Platforms {
		if text := p.String(); !slices.Contains(b.Platforms, text) {
			b.Platforms = append(b.Platforms, text)
		}
	}
	return b
}

func (b Blame) whose() string {
	if b.Own {
		return "own"
	}
	return "third party"
}

// public are the registries where third parties publish. Any other is taken to be somebody's own.
var public = []string{
	"index.docker.io", "registry.k8s.io", "k8s.gcr.io", "quay.io", "ghcr.io", "gcr.io", "mcr.microsoft.com",
	"public.ecr.aws", "registry.gitlab.com", "docker.elastic.co", "nvcr.io", "registry.access.redhat.com",
	"registry.redhat.io", "cr.l5d.io", "docker.io",
}

// Owned reports whether an image is built by those who run it: its repository is below one of own, such as
// ghcr.io/acme, or, where none are given, its registry is none where third parties publish. A cluster's own copies of
// other's images are taken for own, too, unless own says more.
func Owned(ref name.Reference, own []string) bool {
	repository := ref.Context().Name()
	for _, prefix := range own {
		prefix = strings.TrimSuffix(prefix, "/")
		if repository == prefix || strings.HasPrefix(repository, prefix+"/") {
			return true
		}
	}
	host := ref.Context().RegistryStr()
	return len(own) == 0 && !slices.Contains(public, host) && !strings.HasSuffix(host, ".gcr.io")
}
