// Package reader reads the values of inputs: words, lists, durations, platforms and references. It notes all that is
// wrong with them, each with its next step.
package reader

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/catalogue"
)

// Problems is an error: every problem with the inputs, each with its next step.
type Problems []string

// Error lists the problems, one per line.
func (p Problems) Error() string {
	if len(p) == 1 {
		return "1 problem with the inputs:\n  - " + p[0]
	}
	return fmt.Sprintf("%d problems with the inputs:\n  - %s", len(p), strings.Join(p, "\n  - "))
}

// Reader reads inputs, and notes the problems with them.
type Reader struct {
	// Value returns what the user gave for an input, or "".
	Value    func(name string) string
	Problems Problems
}

// Problem notes a problem once: an input that applies to several images is read for each of them.
func (p *Reader) Problem(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(p.Problems, text) {
		p.Problems = append(p.Problems, text)
	}
}

// Text returns what was given for an input, or its default. A runner passes inputs that were left out as "".
func (p *Reader) Text(name string) string {
	if v := strings.TrimSpace(p.Value(name)); v != "" {
		return v
	}
	return catalogue.Lookup(name).Default
}

// Boolean returns whether an input is true.
func (p *Reader) Boolean(name string) bool {
	text := p.Text(name)
	v, err := strconv.ParseBool(text)
	if err != nil {
		p.Problem("%s: %q is neither true nor false", name, text)
	}
	return v
}

// Choice returns the value of an input that takes one of a fixed set of words.
func Choice[T ~string](p *Reader, name string) T {
	text, choices := p.Text(name), catalogue.Lookup(name).Choices
	if !slices.Contains(choices, text) {
		p.Problem("%s: %q is not one of %s", name, text, strings.Join(choices, ", "))
	}
	return T(text)
}

// Duration returns the value of an input that is one, and more than 0.
func (p *Reader) Duration(name string) time.Duration {
	text := p.Text(name)
	v, err := time.ParseDuration(text)
	if err != nil || v <= 0 {
		p.Problem("%s: %q is not a duration; write it as 90s, 10m or 1h", name, text)
	}
	return v
}

// Together is a problem that names the inputs which a provider or a builder needs and which were left out.
func (p *Reader) Together(what string, needed [][2]string) {
	var missing []string
	for _, input := range needed {
		if input[1] == "" {
			missing = append(missing, input[0])
		}
	}
	if len(missing) > 0 {
		p.Problem("%s also needs %s", what, strings.Join(missing, ", "))
	}
}
