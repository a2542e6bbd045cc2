package admission

import (
	"context"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
)

// isRefusal reports whether admission forbids a pod of an object. What a quota says is for the forecast to judge, and a
// refusal that names something of this deploy, such as a service account, is over once that is there. A pod that is
// invalid though its object was accepted is so by what admission has added; of a custom kind nobody knows what its
// controller adds before.
func (s *Server) isRefusal(obj *unstructured.Unstructured, err error) bool {
	if strings.Contains(err.Error(), "exceeded quota") || s.brings(err) || finding.RefusesDryRuns(err) {
		return false
	}
	if apierrors.IsInvalid(err) && s.accepted[obj] && !template.IsCustom(obj) {
		return true
	}
	return apierrors.IsForbidden(err) && !lacksRight(err) || strings.Contains(err.Error(), "denied the request")
}

// lacksRight distinguishes a refusal by roles from one by admission, which are of the same status.
func lacksRight(err error) bool {
	return strings.Contains(err.Error(), "cannot create resource") ||
		strings.Contains(err.Error(), "cannot patch resource")
}

// brings reports whether a refusal names something that this deploy brings itself.
func (s *Server) brings(err error) bool {
	for _, obj := range s.set {
		switch obj.GetKind() {
		case "ServiceAccount", "RuntimeClass", "PriorityClass", "Secret", "LimitRange", "Namespace":
			text := err.Error()
			if strings.Contains(text, `"`+obj.GetName()+`"`) || strings.Contains(text, "/"+obj.GetName()+":") {
				return true
			}
		}
	}
	return false
}

// Repair is an object of the deploy with a patch made in one of its templates.
type Repair struct {
	Source, Patched *unstructured.Unstructured
	Template        template.Key
}

// Refuses returns the repairs that the server would not accept, each with why. What it refuses without the patch as
// well is not the patch's fault.
func (s *Server) Refuses(ctx context.Context, repairs []Repair) map[template.Key]string {
	ctx, cancel := s.limited(ctx)
	defer cancel()
	refused := map[template.Key]string{}
	for _, r := range repairs {
		if why := s.refuses(ctx, r); why != "" {
			refused[r.Template] = why
		}
	}
	return refused
}

func (s *Server) refuses(ctx context.Context, r Repair) string {
	merged, err := s.merged(ctx, r.Patched)
	if err != nil && s.accepted[r.Source] && isFault(err) {
		if kind := r.Source.GetKind(); apierrors.IsInvalid(err) && (kind == "Job" || kind == "Pod") {
			return "the pods of a " + kind + " that exists can't be changed; delete it, or give it another name"
		}
		return words(err, r.Source)
	}
	for _, t := range template.Of(r.Patched) {
		if t.Path.String() != r.Template.Path {
			continue
		}
		if _, err := s.pod(ctx, merged, t); err != nil && s.isRefusal(r.Source, err) {
			return words(err, r.Source)
		}
	}
	return ""
}

// isFault reports an answer that blames the object.
func isFault(err error) bool {
	if finding.RefusesDryRuns(err) {
		return false
	}
	return apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) || apierrors.IsForbidden(err) && !lacksRight(err) ||
		strings.Contains(err.Error(), "denied the request") || strings.Contains(err.Error(), "not declared in schema")
}

func words(err error, obj *unstructured.Unstructured) string {
	text := finding.WithoutPodName(err.Error())
	return strings.TrimSuffix(strings.TrimPrefix(text, object.Name(obj.GetKind(), obj)+": "), ".")
}
