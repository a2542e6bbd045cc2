package admission

import (
	"cmp"
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/admission/rules"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
)

// workOut adds to the pods that the server could not be asked about what can be read of the rules.
func (s *Server) workOut(ctx context.Context, a *Answer) {
	if len(a.Unasked) == 0 {
		return
	}
	r, unread := s.read(ctx)
	r = r.With(s.set)
	needed := map[string]bool{}
	for _, obj := range s.set {
		for _, t := range template.Of(obj) {
			key := template.KeyOf(obj, t)
			if a.Unasked[key] == nil {
				continue
			}
			pod := &corev1.Pod{ObjectMeta: t.ObjectMeta, Spec: t.Spec}
			pod.Namespace = cmp.Or(obj.GetNamespace(), s.Namespace)
			admitted, err := r.Admit(pod)
			if err != nil {
				a.Refused[key] = err
				delete(a.Unasked, key)
				continue
			}
			a.Pods[key] = admitted
			needed["runtimeclasses"] = needed["runtimeclasses"] || t.Spec.RuntimeClassName != nil
			needed["priorityclasses"] = needed["priorityclasses"] || t.Spec.PriorityClassName != ""
			needed["limitranges"], needed["namespaces"] = true, true
		}
	}
	a.Unread = slices.DeleteFunc(unread, func(name string) bool { return !needed[name] })
}

// read lists the cluster's rules. Each list needs a right of its own; those that could not be read are named.
func (s *Server) read(ctx context.Context) (r rules.Rules, unread []string) {
	all := metav1.ListOptions{}
	if list, err := s.client.NodeV1().RuntimeClasses().List(ctx, all); err == nil {
		r.RuntimeClasses = list.Items
	} else {
		unread = append(unread, "runtimeclasses")
	}
	if list, err := s.client.SchedulingV1().PriorityClasses().List(ctx, all); err == nil {
		r.PriorityClasses = list.Items
	} else {
		unread = append(unread, "priorityclasses")
	}
	if list, err := s.client.CoreV1().LimitRanges("").List(ctx, all); err == nil {
		r.LimitRanges = list.Items
	} else {
		unread = append(unread, "limitranges")
	}
	if list, err := s.client.CoreV1().Namespaces().List(ctx, all); err == nil {
		r.Namespaces = list.Items
	} else {
		unread = append(unread, "namespaces")
	}
	return r, unread
}
