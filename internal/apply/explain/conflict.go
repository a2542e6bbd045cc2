package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// conflict names each field, who owns it since when, and what taking it over means.
func conflict(ref server.Ref, fields server.FieldConflicts) finding.Finding {
	var held, meanings []string
	for _, f := range fields {
		owner := fmt.Sprintf("%q", f.Manager)
		if f.Subresource != "" {
			owner += fmt.Sprintf(" with subresource %q", f.Subresource)
		}
		if !f.Since.IsZero() {
			owner += " since " + f.Since.UTC().Format(time.RFC3339)
		}
		held = append(held, fmt.Sprintf("%s is owned by %s", f.Field, owner))
		if m := meaning(f); !slices.Contains(meanings, m) {
			meanings = append(meanings, m)
		}
	}
	return finding.Finding{
		Code: finding.ApplyConflict, Severity: finding.Error, Object: ref.ID(),
		Message: fmt.Sprintf("%s: another manager owns what the manifest sets: %s.", ref, strings.Join(held, "; ")),
		Fix: "Leave the fields to their owner: remove them from the manifest. " +
			"Or take them over with force-conflicts: true. " + strings.Join(meanings, " "),
	}
}

// meaning says what becomes of a field that is taken over from its owner.
func meaning(f server.FieldConflict) string {
	switch tool := Tool(f.Manager); {
	case tool != "":
		return fmt.Sprintf("%s will set its own value again when it next runs: let one of the two deploy the object.", tool)
	case f.Subresource == "scale" && f.Manager == "kubectl":
		return "Someone scaled it by hand (kubectl scale): that number is lost then."
	case f.Subresource == "scale", strings.HasPrefix(f.Manager, "kube-controller-manager"):
		return fmt.Sprintf("%q will set its value again; until then the manifest's counts.", f.Manager)
	case strings.HasPrefix(f.Manager, "kubectl"):
		command := strings.ReplaceAll(f.Manager, "-", " ")
		return fmt.Sprintf("Someone changed the field by hand (%s): that change is lost then.", command)
	default:
		return fmt.Sprintf("The value of %q is lost then, unless it sets it again.", f.Manager)
	}
}

// tools are the field managers of the tools that deploy whole sets of objects.
var tools = map[string]string{
	"helm":                          "Helm",
	"helm-controller":               "Flux",
	"kustomize-controller":          "Flux",
	"flux":                          "Flux",
	"argocd-controller":             "Argo CD",
	"argocd-application-controller": "Argo CD",
}

// Tool returns the name of the deploy tool that a field manager is, "" for any other manager.
func Tool(manager string) string { return tools[manager] }
