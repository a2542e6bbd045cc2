package action

import (
	"context"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/manifests"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action/snapshot"
	"github.com/multiarch-deploy/multiarch-deploy/internal/admission"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
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
	manifests := manifests.Of(r.Objects)
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
		for _, refused := range d.Refusals(a.answer, d.cluster.Namespace) {
			d.find(d.Located([]finding.Finding{*refused.Finding})...)
		}
		d.find(d.Unasked(a.answer)...)
		d.find(d.Located(d.Unplanned())...)
	}
	return a
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
