package lookup

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
)

// Outages are the registries that can't be reached, each once, with the images that it should have.
type Outages struct{ list []*Outage }

// Outage is a registry that can't be reached.
type Outage struct {
	image.Outage
	// Images are those that it should have.
	Images  []string
	skipped int // images that it was not asked for
	err     error
}

// List are the registries, in the order in which they were added.
func (o *Outages) List() []*Outage { return o.list }

// Add notes that an image could not be looked up.
func (o *Outages) Add(reference string, one image.Outage) *Outage {
	at := slices.IndexFunc(o.list, func(known *Outage) bool { return known.Registry == one.Registry })
	if at < 0 {
		at = len(o.list)
		o.list = append(o.list, &Outage{Outage: one})
	}
	known := o.list[at]
	known.Images = append(known.Images, reference)
	if one.Skipped {
		known.skipped++
	}
	return known
}

// Finding is a warning: the nodes may reach a registry that this machine can't.
func (o *Outage) Finding() finding.Finding {
	f := finding.Finding{
		Code: finding.ImagePull, Severity: finding.Warning, Image: o.Images[0],
		Message: fmt.Sprintf("Registry %s cannot be reached: %s. These images were not inspected, so their "+
			"placement was not checked: %s.",
			o.Registry, o.Reason, strings.Join(o.Images, ", ")),
		Fix: "Check the registry's name and port, that it runs, and that this machine may connect to it.",
	}
	if len(o.Images) > 1 {
		f.Image = ""
	}
	if o.skipped > 0 {
		f.Message += fmt.Sprintf(" After the first failures it was not asked for %d of them.", o.skipped)
	}
	return f
}

// Error is the outage where the images are needed.
func (o *Outage) Error() string {
	if len(o.Images) == 1 {
		return o.err.Error()
	}
	return fmt.Sprintf("registry %q cannot be reached: %s; check its name and port, that it runs, and that this "+
		"machine may connect to it; it should have %s", o.Registry, o.Reason, strings.Join(o.Images, ", "))
}

// Unwrap returns the error of the first image.
func (o *Outage) Unwrap() error { return o.err }

// JoinOutages makes one error of those that have the same registry for a reason.
func JoinOutages(problems []error) (joined []error) {
	var out Outages
	for _, err := range problems {
		var failed *Error
		one, ok := image.OutageOf(err)
		if !ok || !errors.As(err, &failed) {
			joined = append(joined, err)
			continue
		}
		known := out.Add(failed.Reference, one)
		if len(known.Images) == 1 {
			known.err = err
			joined = append(joined, known)
		}
	}
	return joined
}

// Error is an error about an image.
type Error struct {
	Reference string
	Err       error
}

// Error is the text of the cause, which names the image.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
