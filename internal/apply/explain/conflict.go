package explain

import (
	"fmt"
	"regexp"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// holder finds the manager in `conflict with "kubectl" using apps/v1 at 2026-01-02T03:04:05Z`,
// or `conflict with "kubectl" with subresource "scale" using apps/v1`.
var holder = regexp.MustCompile(`conflict with ("[^"]*"(?: with subresource "[^"]*")?)`)

// byKubectl is the field manager of kubectl apply without --server-side. It leaves off what the API server fills in, so
// that even an equal manifest can conflict with what it owns.
const byKubectl = `"kubectl-client-side-apply"`

// conflict names each field, who owns it, and the two ways out.
func conflict(ref server.Ref, fields []metav1.StatusCause) finding.Finding {
	var held []string
	fix := "Take the fields over with force-conflicts: true, or leave them to their owner: remove them from the manifest."
	for _, c := range fields {
		owner := c.Message
		if m := holder.FindStringSubmatch(c.Message); m != nil {
			owner = m[1]
		}
		if owner == byKubectl {
			fix = "kubectl apply deployed this before. Take it over with force-conflicts: true, once."
		}
		held = append(held, fmt.Sprintf("%s is owned by %s", c.Field, owner))
	}
	return finding.Finding{
		Code: finding.ApplyConflict, Severity: finding.Error, Object: ref.ID(),
		Message: fmt.Sprintf("%s: another manager owns what the manifest sets: %s.", ref.String(), strings.Join(held, "; ")),
		Fix:     fix,
	}
}
