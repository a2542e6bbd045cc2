package action

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
)

// outages are the registries that can't be reached, each once, with the images that it should have.
type outages struct{ list []*outage }

type outage struct {
	image.Outage
	images  []string
	skipped int // images that it was not asked for
	err     error
}

func (o *outages) add(reference string, one image.Outage) *outage {
	at := slices.IndexFunc(o.list, func(known *outage) bool { return known.Registry == one.Registry })
	if at < 0 {
		at = len(o.list)
		o.list = append(o.list, &outage{Outage: one})
	}
	known := o.list[at]
	known.images = append(known.images, reference)
	if one.Skipped {
		known.skipped++
	}
	return known
}

// finding is a warning: the nodes may reach a registry that this machine can't.
func (o *outage) finding() finding.Finding {
	f := finding.Finding{
		Code: finding.ImagePull, Severity: finding.Warning, Image: o.images[0],
		Message: fmt.Sprintf("Registry %s cannot be reached: %s. Not inspected, so that their placement is not checked: %s.",
			o.Registry, o.Reason, strings.Join(o.images, ", ")),
		Fix: "Check the registry's name and port, that it runs, and that this machine may connect to it.",
	}
	if len(o.images) > 1 {
		f.Image = ""
	}
	if o.skipped > 0 {
		f.Message += fmt.Sprintf(" After the first failures it was not asked for %d of them.", o.skipped)
	}
	return f
}

// Error is the outage where the images are needed.
func (o *outage) Error() string {
	if len(o.images) == 1 {
		return o.err.Error()
	}
	return fmt.Sprintf("registry %q cannot be reached: %s; check its name and port, that it runs, and that this "+
		"machine may "+
		"connect to it; it should have %s", o.Registry, o.Reason, strings.Join(o.images, ", "))
}

// Unwrap returns the error of the first image.
func (o *outage) Unwrap() error { return o.err }

// joinOutages makes one error of those that have the same registry for a reason.
func joinOutages(problems []error) (joined []error) {
	var out outages
	for _, err := range problems {
		var failed *imageError
		one, ok := image.OutageOf(err)
		if !ok || !errors.As(err, &failed) {
			joined = append(joined, err)
			continue
		}
		known := out.add(failed.reference, one)
		if len(known.images) == 1 {
			known.err = err
			joined = append(joined, known)
		}
	}
	return joined
}

// imageError is an error about an image.
type imageError struct {
	reference string
	error
}

// Unwrap returns the cause.
func (e *imageError) Unwrap() error { return e.error }
