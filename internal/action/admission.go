package action

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/snapshot"
	"github.com/multiarch-deploy/multiarch-deploy/internal/admission"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// asked is what the API server makes of the pods of the manifests, and the way to ask it more.
type asked struct {
	server *admission.Server
	answer admission.Answer
	err    error
}

// ask asks what the API server would make of the pods of the manifests.
func (d *deploy) ask(ctx context.Context) asked {
	s, err := d.waitForSnapshot()
	if err != nil {
		return asked{err: err}
	}
	r, err := d.rendered()
	if err != nil {
		return asked{err: err}
	}
	manifests := unstructuredOf(r.Objects)
	opts := admission.Options{Namespace: d.cluster.Namespace, Timeout: snapshot.OfDeploy().Timeout,
		Absent: s.LacksNamespace}
	if !d.fixes() { // what is in the cluster may have an earlier fix, by the hands of Flux or Argo CD
		opts.Known = snapshot.Admitted(d.reading(), manifests, s.Pods)
		opts.Apply = d.applier.Foresee(d.readOptions())
	}
	server, err := admission.New(d.cluster.Config, manifests, opts)
	if err != nil {
		return asked{err: err}
	}
	return asked{server: server, answer: server.Ask(ctx)}
}

// admit reports the pods that the API server would not make.
func (d *deploy) admit() asked {
	a := d.asked()
	if a.err == nil {
		for _, refused := range d.refusals(a.answer) {
			d.find(d.located([]finding.Finding{*refused.Finding})...)
		}
		d.find(d.unasked(a.answer)...)
		d.find(d.located(d.unplanned())...)
	}
	return a
}

// refusals are those of the workloads whose pods the server would refuse.
func (d *deploy) refusals(a admission.Answer) (all []finding.Diagnosis) {
	if len(a.Refused) == 0 {
		return nil
	}
	for _, o := range d.objects {
		for _, t := range template.Of(o.Unstructured) {
			if err := a.Refused[template.KeyOf(o.Unstructured, t)]; err != nil {
				gvk := o.GroupVersionKind()
				refused := finding.RefusedPods(object.ID(gvk, o), object.Name(gvk.Kind, o),
					cmp.Or(o.GetNamespace(), d.cluster.Namespace), err.Error())
				if pods.Asleep(o.Unstructured) {
					refused.Finding.Severity = finding.Warning
					refused.Finding.Message += " It makes none before it is scaled up or let go on."
				}
				all = append(all, refused)
			}
		}
	}
	return all
}

// unasked says once that pods are judged by their manifests, and why.
func (d *deploy) unasked(a admission.Answer) []finding.Finding {
	var names, reasons []string
	right := false
	if len(a.Unasked) == 0 {
		return nil
	}
	for _, o := range d.objects {
		for _, t := range template.Of(o.Unstructured) {
			err := a.Unasked[template.KeyOf(o.Unstructured, t)]
			if err == nil {
				continue
			}
			names = append(names, object.Name(o.GetKind(), o))
			reasons = append(reasons, d.whyUnasked(err))
			right = right || strings.Contains(err.Error(), "cannot create resource")
		}
	}
	if len(names) == 0 {
		return nil
	}
	names, reasons = slices.Compact(names), slices.Compact(slices.Sorted(slices.Values(reasons)))
	f := finding.Finding{
		Code: finding.PlanIncomplete, Severity: finding.Info,
		Message: fmt.Sprintf("The plan judges the pods of %s as the manifests have them, with what RuntimeClasses, "+
			"PriorityClasses, namespaces and LimitRanges add; what webhooks and policies add is not known: %s.",
			finding.Few(names), finding.Few(reasons)),
	}
	if right {
		f.Fix = "Grant create on pods, with which the server is asked in a dry run: see docs/rbac.yaml."
	}
	if len(a.Unread) > 0 {
		f.Message += " It may not list " + platform.Conjoin(a.Unread) + "."
		f.Fix = cmp.Or(f.Fix, "Grant list on these: see docs/rbac.yaml.")
	}
	return []finding.Finding{f}
}

// whyUnasked puts in words why the server can't be asked about a pod.
func (d *deploy) whyUnasked(err error) string {
	text := strings.TrimSuffix(finding.WithoutPodName(err.Error()), ".")
	if apierrors.IsNotFound(err) && strings.HasPrefix(text, "namespaces ") {
		return "their namespace is yet to be made"
	}
	return text
}

// unplanned reports the objects that name images outside of pod templates: nobody knows what their controllers start.
func (d *deploy) unplanned() []finding.Finding {
	var all []finding.Finding
	for _, o := range d.objects {
		fields := template.Unplanned(o.Unstructured)
		if len(fields) == 0 {
			continue
		}
		gvk := o.GroupVersionKind()
		all = append(all, finding.Finding{
			Code: finding.PlanIncomplete, Severity: finding.Info, Object: object.ID(gvk, o),
			Message: fmt.Sprintf("%s names images that the plan does not look at, since they are in no pod template: %s.",
				object.Name(gvk.Kind, o), finding.Few(fields)),
			Fix: "See which nodes its controller chooses, and that these images run there.",
		})
	}
	return all
}

// refusedPatches asks about the patches that a plan offers or has made. One that the server contradicts is no way out.
func refusedPatches(ctx context.Context, server *admission.Server,
	verdicts []placement.Verdict) map[template.Key]string {
	var repairs []admission.Repair
	for _, v := range verdicts {
		if v.Repaired != nil {
			repairs = append(repairs, admission.Repair{Source: v.Source, Patched: v.Repaired, Template: v.Key})
		}
	}
	return server.Refuses(ctx, repairs)
}
