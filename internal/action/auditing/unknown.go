package auditing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/lookup"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
)

// reportUnknown reports the images that could not be looked at: registries that did not answer for them once each, with
// all images of theirs, and others one by one.
func (a *Audit) reportUnknown() {
	var out lookup.Outages
	var failing failures
	for _, reference := range a.references {
		known, err := a.known[reference], a.failed[reference]
		outage, isOutage := image.OutageOf(err)
		host, words, isFailure := image.FailureOf(err)
		switch {
		case known.Known, known.Gone:
		case isOutage:
			_ = out.Add(reference, outage)
		case isFailure:
			failing.add(host, words, reference)
		case err == nil: // no reference at all
			a.Find(finding.Finding{Code: finding.ImagePull, Severity: finding.Warning, Image: reference, Message: known.Problem})
		default:
			a.Find(a.Unreadable(reference, err))
		}
	}
	for _, o := range out.List() {
		a.Find(o.Finding())
		a.unread = append(a.unread, fmt.Sprintf("registry %s can't be reached, which has %s", o.Registry,
			finding.Counted(len(o.Images), "image")))
	}
	for _, f := range failing.list {
		a.Find(f.finding())
		a.unread = append(a.unread, fmt.Sprintf("registry %s does not say what %s are for: %s", f.registry,
			finding.Counted(len(f.images), "image"), f.words))
	}
}

// failures are the registries that answered, and said nothing about an image: each once for each of its answers.
type failures struct{ list []*failure }

type failure struct {
	registry, words string
	images          []string
}

func (f *failures) add(registry, words, reference string) {
	at := slices.IndexFunc(f.list, func(known *failure) bool { return known.registry == registry && known.words == words })
	if at < 0 {
		at = len(f.list)
		f.list = append(f.list, &failure{registry: registry, words: words})
	}
	f.list[at].images = append(f.list[at].images, reference)
}

func (f *failure) finding() finding.Finding {
	found := finding.Finding{Code: finding.ImagePull, Severity: finding.Warning, Image: f.images[0],
		Message: fmt.Sprintf("Registry %s does not say what it has: %s. These images were not looked at, so nothing is "+
			"known of where they run: %s.", f.registry, f.words, strings.Join(f.images, ", ")),
		Fix: "Do what the message says, or try again later: a registry that limits requests is waited for as long as " +
			"wait-timeout says."}
	if len(f.images) > 1 {
		found.Image = ""
	}
	return found
}
