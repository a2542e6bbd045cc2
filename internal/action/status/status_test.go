package status_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize"
)

func TestOf(t *testing.T) {
	refused := finding.Finding{Code: finding.ImageUnauthorized, Severity: finding.Error}
	broken := finding.Finding{Code: finding.ExecFormatError, Severity: finding.Error}
	warned := finding.Finding{Code: finding.ImagePull, Severity: finding.Warning}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, test := range []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"nothing", t.Context(), nil, status.OK},
		{"warnings_alone", t.Context(), status.OfFindings([]finding.Finding{warned}), status.OK},
		{"an_error_that_was_found", t.Context(), status.OfFindings([]finding.Finding{warned, broken}), status.Faulty},
		{"a_right_that_is_missing", t.Context(), status.OfFindings([]finding.Finding{refused, warned}), status.Unavailable},
		{"both", t.Context(), status.OfFindings([]finding.Finding{refused, broken}), status.Faulty},
		{"inputs", t.Context(), fmt.Errorf("reading: %w", inputs.Problems{"tag: none"}), status.Inputs},
		{"a_kubeconfig", t.Context(), &identity.ConfigError{}, status.Inputs},
		{"a_file_of_the_user", t.Context(), fmt.Errorf("edit: %w", status.Fault{Err: errors.New("no kind")}), status.Faulty},
		{"a_renderer_that_crashed", t.Context(), &kustomize.CrashError{}, status.Unavailable},
		{"anything_else", t.Context(), errors.New("no route to host"), status.Unavailable},
		{"this_program", t.Context(), status.Crash{Cause: "nil"}, status.Unavailable},
		{"interrupted_whatever_it_was", stopped, status.ErrFindings, status.Interrupted},
		{"interrupted_after_all_was_done", stopped, nil, status.OK},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := status.Of(test.ctx, test.err); got != test.want {
				t.Errorf("status %d of %v, want %d", got, test.err, test.want)
			}
		})
	}
}
