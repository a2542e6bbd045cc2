package rollout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/podcount"
)

// result is what is known now, without findings.
func (tr *tracker) result() Result {
	var r Result
	mine := tr.byWorkload()
	now := time.Now()
	for _, t := range tr.order {
		at, ok := t.doneAt(mine[t], tr.opts.StableFor)
		r.Objects = append(r.Objects, Object{
			ID: t.id, Done: ok && !at.After(now), Judged: t.status.State != readiness.Unjudged, Message: t.status.Message,
			Wanted: podcount.Wanted(t.last), HeldBack: t.heldBack().Pods,
		})
		foreign := foreignTo(mine[t])
		for _, p := range mine[t] {
			row := tr.row(t, p)
			if row.Ready && p.startsAny(foreign[row.Architecture]) {
				row.Ready, row.Reason = false, string(finding.ExecFormatError)
			}
			r.Pods = append(r.Pods, row)
			r.addContainers(row, p)
		}
	}
	slices.SortFunc(r.Pods, func(x, y Pod) int {
		return cmp.Or(cmp.Compare(x.Namespace, y.Namespace), cmp.Compare(x.Name, y.Name))
	})
	return r
}

// foreignTo are the images, by architecture, that one of the pods has shown to be for another CPU. The others count as
// ready for an instant at each restart, too.
func foreignTo(pods []*trackedPod) map[string][]string {
	images := map[string][]string{}
	for _, p := range pods {
		if f := p.diagnosis.Finding; f != nil && f.Code == finding.ExecFormatError && p.diagnosis.Permanent {
			images[f.Architecture] = append(images[f.Architecture], f.Image)
		}
	}
	return images
}

// startsAny reports whether the pod has a container of one of the images.
func (p *trackedPod) startsAny(images []string) bool {
	return slices.ContainsFunc(object.Containers(p.Pod), func(c object.Container) bool {
		return slices.Contains(images, c.Image)
	})
}

func (r *Result) addContainers(row Pod, p *trackedPod) {
	add := func(c Container) {
		c.Workload, c.Architecture = row.Workload, row.Architecture
		if !slices.Contains(r.Containers, c) {
			r.Containers = append(r.Containers, c)
		}
	}
	for _, c := range object.Containers(p.Pod) {
		add(Container{Name: c.Name, Image: c.Image, Digest: c.Digest()})
	}
	for _, v := range p.Spec.Volumes {
		if v.Image != nil {
			add(Container{Name: v.Name, Volume: true, Image: v.Image.Reference})
		}
	}
}

func (tr *tracker) row(t *trackedObject, p *trackedPod) Pod {
	row := Pod{Namespace: p.Namespace, Name: p.Name, Workload: t.id, Node: p.Spec.NodeName, Ready: object.IsReady(p.Pod) &&
		!p.diagnosis.Permanent}
	if row.Node != "" {
		row.Architecture = tr.opts.Architecture(row.Node)
	}
	switch {
	case row.Ready:
	case p.diagnosis.Finding != nil:
		row.Reason = string(p.diagnosis.Finding.Code)
	default:
		row.Reason = finding.OneLine(reason(p.Pod))
	}
	return row
}

// reason is what kubectl shows in its column STATUS, or close to it.
func reason(pod *corev1.Pod) string {
	for _, c := range append(slices.Clone(pod.Status.InitContainerStatuses), pod.Status.ContainerStatuses...) {
		if w := c.State.Waiting; w != nil && w.Reason != "" && w.Reason != "PodInitializing" {
			return w.Reason
		}
		if t := c.State.Terminated; t != nil && t.ExitCode != 0 {
			return cmp.Or(t.Reason, "Error")
		}
	}
	switch pod.Status.Phase {
	case corev1.PodSucceeded:
		return "Completed"
	case corev1.PodRunning:
		return "NotReady"
	}
	return cmp.Or(pod.Status.Reason, string(pod.Status.Phase))
}

// summary is the line for the eye: "cart 3/4 ready, web 1/1 ready". Only what is still waited for is named, four at
// most.
func (tr *tracker) summary() string {
	const most = 4
	var parts []string
	waiting := 0
	mine := tr.byWorkload()
	now := time.Now()
	for _, t := range tr.order {
		if at, ok := t.doneAt(mine[t], tr.opts.StableFor); ok && !at.After(now) {
			continue
		}
		if waiting++; waiting <= most {
			parts = append(parts, t.summary(mine[t]))
		}
	}
	if waiting > most {
		parts = append(parts, fmt.Sprintf("and %d more", waiting-most))
	}
	return strings.Join(parts, ", ")
}

func (t *trackedObject) summary(pods []*trackedPod) string {
	want := podcount.Wanted(t.last)
	if want < 0 {
		want = int64(len(pods))
	}
	if want == 0 {
		return t.name + ": " + cmp.Or(finding.OneLine(t.status.Message), "waiting")
	}
	ready := 0
	for _, p := range pods {
		if object.IsReady(p.Pod) && !p.diagnosis.Permanent {
			ready++
		}
	}
	text := fmt.Sprintf("%s %d/%d ready", t.last.GetName(), ready, want)
	if t.status.State == readiness.Ready {
		text += ", checking that they last"
	}
	return text
}
