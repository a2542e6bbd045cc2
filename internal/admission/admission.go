// Package admission asks the API server, in dry runs, what it makes of workloads and of their pods: what
// RuntimeClasses, namespaces, limits, policies, webhooks and other managers of fields add. Of pods that it can't be
// asked about it works out what can be read.
package admission

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
)

// Options are whose objects are asked about, and how.
type Options struct {
	// Namespace is of objects that name none.
	Namespace string
	// Apply returns what an apply would leave of an object, by a dry run. Nil: each object is judged as its manifest has
	// it, whatever others have made of the one in the cluster.
	Apply func(context.Context, *unstructured.Unstructured) (*unstructured.Unstructured, error)
	// Timeout bounds the questions together: a plan is made without answers rather than late.
	Timeout time.Duration
	// Absent reports whether the cluster is known not to have a namespace; nil knows of none. The server can't be asked
	// about what is in it.
	Absent func(namespace string) bool
	// Known are the pods of objects that need no question, since an apply would not change them.
	Known map[*unstructured.Unstructured]*corev1.Pod
}

// Server is an API server that is asked about the objects of a deploy.
type Server struct {
	Options
	client kubernetes.Interface
	set    []*unstructured.Unstructured

	lock sync.Mutex
	// accepted are the objects that a dry run of applying them has accepted.
	accepted map[*unstructured.Unstructured]bool
}

// New returns the API server of a kubeconfig, for the objects of a deploy.
func New(config *rest.Config, set []*unstructured.Unstructured, o Options) (*Server, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	o.Namespace = cmp.Or(o.Namespace, metav1.NamespaceDefault)
	return &Server{Options: o, client: client, set: set, accepted: map[*unstructured.Unstructured]bool{}}, nil
}

// Unchanged are the objects that were known to need no question.
func (s *Server) Unchanged() map[*unstructured.Unstructured]bool {
	all := map[*unstructured.Unstructured]bool{}
	for obj := range s.Known {
		all[obj] = true
	}
	return all
}

// Answer is what the server makes of the pods of a deploy.
type Answer struct {
	// Pods are as the server would make them, or as the rules that could be read have them.
	Pods map[template.Key]*corev1.Pod
	// Refused are the pods that the server would not make, with its words.
	Refused map[template.Key]error
	// Unasked are the pods that the server could not be asked about, with the reason.
	Unasked map[template.Key]error
	// Unread are the rules that could not be read, and matter to one of these.
	Unread []string
}

// workers is how many objects are asked about at a time.
const workers = 32

// Ask asks about the pods of all objects. What the server says of the objects themselves is for the preview to report.
func (s *Server) Ask(ctx context.Context) Answer {
	ctx, cancel := s.limited(ctx)
	defer cancel()
	a := Answer{
		Pods:    map[template.Key]*corev1.Pod{},
		Refused: map[template.Key]error{}, Unasked: map[template.Key]error{},
	}
	s.eachObject(func(obj *unstructured.Unstructured, templates []template.Template) {
		if pod := s.Known[obj]; pod != nil {
			s.know(&a, template.KeyOf(obj, templates[0]), pod)
			return
		}
		if err := s.absent(obj); err != nil {
			for _, t := range templates {
				s.note(&a, template.KeyOf(obj, t), nil, err)
			}
			return
		}
		merged, _ := s.merged(ctx, obj)
		for _, t := range templates {
			pod, err := s.pod(ctx, merged, t)
			s.note(&a, template.KeyOf(obj, t), pod, err)
		}
	})
	s.workOut(ctx, &a)
	return a
}

// absent is what the server would answer about an object whose namespace is yet to be made; nil of others.
func (s *Server) absent(obj *unstructured.Unstructured) error {
	namespace := cmp.Or(obj.GetNamespace(), s.Namespace)
	if s.Absent == nil || !s.Absent(namespace) {
		return nil
	}
	return apierrors.NewNotFound(corev1.Resource("namespaces"), namespace)
}

// know notes what need not be asked. The object is one that the server has accepted.
func (s *Server) know(a *Answer, key template.Key, pod *corev1.Pod) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.accepted[key.Object], a.Pods[key] = true, pod
}

func (s *Server) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, s.Timeout, fmt.Errorf("no answer within %s", s.Timeout))
}

func (s *Server) eachObject(ask func(*unstructured.Unstructured, []template.Template)) {
	var group errgroup.Group
	group.SetLimit(workers)
	for _, obj := range s.set {
		if templates := template.Of(obj); len(templates) > 0 {
			group.Go(func() error {
				ask(obj, templates)
				return nil
			})
		}
	}
	_ = group.Wait() // nobody returns one
}

func (s *Server) note(a *Answer, key template.Key, pod *corev1.Pod, err error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	switch {
	case err == nil:
		a.Pods[key] = pod
	case s.isRefusal(key.Object, err):
		a.Refused[key] = err
	default:
		a.Unasked[key] = err
	}
}

// pod is what the server would make of a pod of the template in an object. A pod itself was judged with its object.
func (s *Server) pod(ctx context.Context, obj *unstructured.Unstructured, t template.Template) (*corev1.Pod, error) {
	for _, other := range template.Of(obj) {
		if other.Path.String() == t.Path.String() {
			t = other
		}
	}
	pod := &corev1.Pod{ObjectMeta: t.ObjectMeta, Spec: t.Spec}
	pod.Namespace = cmp.Or(obj.GetNamespace(), s.Namespace)
	if isPod(obj) && obj.GetUID() != "" {
		return pod, nil
	}
	pod.Name, pod.GenerateName = "", obj.GetName()+"-"
	pod.OwnerReferences, pod.Finalizers = nil, nil
	return s.client.CoreV1().Pods(pod.Namespace).Create(ctx, pod,
		metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
}

func isPod(obj *unstructured.Unstructured) bool {
	return obj.GroupVersionKind() == corev1.SchemeGroupVersion.WithKind("Pod")
}

// merged is the object as an apply would leave it, or the object itself where that can't be had.
func (s *Server) merged(ctx context.Context, obj *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	if s.Apply == nil {
		return obj, nil
	}
	answer, err := s.Apply(ctx, obj)
	if err != nil {
		return obj, err
	}
	s.lock.Lock()
	s.accepted[obj] = true
	s.lock.Unlock()
	if isPod(obj) { // judged by where it may run, not by where it happens to
		if name, ok, _ := unstructured.NestedString(obj.Object, "spec", "nodeName"); ok {
			_ = unstructured.SetNestedField(answer.Object, name, "spec", "nodeName")
		} else {
			unstructured.RemoveNestedField(answer.Object, "spec", "nodeName")
		}
	}
	return answer, nil
}
