// Package explain says what is wrong with an object that can't be applied, and what to do about it.
package explain

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// Refusal says what the API server has against an object, and what to do about it.
func Refusal(ref server.Ref, err error) finding.Finding {
	fields := server.ConflictsOf(err, nil)
	if errors.As(err, &fields); len(fields) > 0 {
		return conflict(ref, fields)
	}
	if fields := Immutable(err); len(fields) > 0 {
		why, fix := immutableRefusal(ref, fields)
		return rejected(ref, why, fix)
	}
	f := rejected(ref, Reason(ref, err), remedy(ref, err))
	if own := (*server.Refusal)(nil); errors.As(err, &own) && own.Conflict {
		f.Code = finding.ApplyConflict
	}
	return f
}

func rejected(ref server.Ref, why, fix string) finding.Finding {
	return finding.Finding{
		Code: finding.ApplyRejected, Severity: finding.Error, Object: ref.ID(),
		Message: ref.String() + ": " + why, Fix: fix,
	}
}

// Reason is the server's own words; of an invalid object, the fields at fault without the preamble.
func Reason(ref server.Ref, err error) string {
	if !apierrors.IsInvalid(err) || len(server.Causes(err)) == 0 {
		return goValue.ReplaceAllString(server.Untyped.ReplaceAllString(err.Error(), ""), "")
	}
	var faults []string
	for _, c := range server.Causes(err) {
		if ref.Kind.GroupKind() == secretKind {
			c = withoutValue(c)
		}
		faults = append(faults, strings.TrimPrefix(c.Field+": "+c.Message, ": "))
	}
	return strings.Join(faults, "; ")
}

var (
	secretKind = schema.GroupKind{Kind: "Secret"}
	// quoted is the value at the start of a message, as k8s.io/apimachinery/pkg/util/validation/field writes it.
	quoted = regexp.MustCompile(`^([A-Z][a-z]+ value): (?:"(?:[^"\\]|\\.)*"|[^:]*)`)
	// mapKey is a key in the path of a field, which in a Secret may be a value that was written in the wrong place.
	mapKey = regexp.MustCompile(`\[[^\]]*\]`)
)

// withoutValue drops the value and the key that the API server quotes.
func withoutValue(c metav1.StatusCause) metav1.StatusCause {
	c.Field = mapKey.ReplaceAllString(c.Field, "")
	c.Message = quoted.ReplaceAllString(c.Message, "$1")
	return c
}

// Unnamed explains that an object has no name.
func Unnamed(ref server.Ref) finding.Finding {
	f := rejected(ref, "", "Give it a name. (generateName works with kubectl create only.)")
	f.Message = fmt.Sprintf("%s without a name: what has no metadata.name can't be applied", ref.Kind.Kind)
	return f
}

// Duplicate explains that a set contains an object twice.
func Duplicate(ref server.Ref) finding.Finding {
	return rejected(ref, "it is there twice in the manifests",
		"Remove one of the two: the one applied last would win, by chance.")
}

// Unserved explains a kind that the API server does not have, as mapper reports it by err.
func Unserved(ctx context.Context, mapper meta.RESTMapperWithContext, ref server.Ref, err error) finding.Finding {
	if !meta.IsNoMatchError(err) {
		return rejected(ref, err.Error(), "Check apiVersion and kind.")
	}
	gvk := ref.Kind
	why := fmt.Sprintf("the cluster has no kind %q in %q", gvk.Kind, gvk.GroupVersion())
	if other, err := mapper.RESTMappingWithContext(ctx, gvk.GroupKind()); err == nil {
		return rejected(ref, why, "The cluster serves it as apiVersion: "+other.GroupVersionKind.GroupVersion().String())
	}
	return rejected(ref, why,
		"Install the CustomResourceDefinition first, or add it to the kustomization; or check apiVersion and kind for typos.")
}
