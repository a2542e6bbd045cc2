// Package snapshot reads what a plan has to know of a cluster: its nodes, the pools that may bring more of them, what
// runs on them and what that needs. Each list needs a right of its own, and a plan without one is still a plan.
package snapshot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/pager"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// Snapshot is what the plan knows of the cluster besides its nodes.
type Snapshot struct {
	schedule.Snapshot
	Quotas      []corev1.ResourceQuota
	Autoscalers []autoscalingv2.HorizontalPodAutoscaler
	// missing are the lists that could not be read, and why.
	missing map[string]error
}

// Options say what is read.
type Options struct {
	// Timeout bounds the reading: the plan is made without it rather than late.
	Timeout time.Duration
	// Namespaces are those whose pods are read; none is all.
	Namespaces []string
	// Lean leaves out of the pods what says how their containers work and not where. They can't be compared with their
	// templates then.
	Lean bool
}

// OfDeploy is what a deploy reads.
func OfDeploy() Options { return Options{Timeout: 30 * time.Second} }

// OfAudit is what an audit of namespaces reads. It is about what runs, so it waits longer, and for more.
func OfAudit(namespaces []string) Options {
	return Options{Timeout: 5 * time.Minute, Namespaces: namespaces, Lean: true}
}

// Read starts to list what runs in the cluster, and returns a function that waits for it. Each list needs a
// right of its own, and a plan without one is still a plan.
func Read(ctx context.Context, config *rest.Config, opts Options) func() (Snapshot, error) {
	wait := sync.OnceValues(func() (Snapshot, error) {
		config := rest.CopyConfig(config)
		config.ContentType = runtime.ContentTypeProtobuf // a third of the bytes, of which there are many
		client, err := kubernetes.NewForConfig(config)
		if err != nil {
			return Snapshot{}, fmt.Errorf("connecting to the cluster: %w", err)
		}
		ctx, cancel := context.WithTimeoutCause(ctx, opts.Timeout, fmt.Errorf("no answer within %s", opts.Timeout))
		defer cancel()
		return listAll(ctx, client, opts), nil
	})
	go func() { _, _ = wait() }() // the error is returned to whoever waits
	return wait
}

// resourceList is one list of a snapshot.
type resourceList struct {
	name string
	read func() error
}

func listAll(ctx context.Context, client kubernetes.Interface, opts Options) Snapshot {
	s := Snapshot{missing: map[string]error{}}
	namespaces := opts.Namespaces
	if len(namespaces) == 0 {
		namespaces = []string{metav1.NamespaceAll}
	}
	byNamespace := make([][]corev1.Pod, len(namespaces))
	lists := s.lists(ctx, client)
	for i, namespace := range namespaces {
		lists = append(lists, resourceList{podsIn(namespace), func() error {
			return listInto(ctx, &byNamespace[i], client.CoreV1().Pods(namespace).List, opts.trim)
		}})
	}
	var group errgroup.Group
	var lock sync.Mutex
	for _, list := range lists {
		group.Go(func() error {
			if err := list.read(); err != nil {
				lock.Lock()
				defer lock.Unlock()
				s.missing[list.name] = err
			}
			return nil
		})
	}
	_ = group.Wait() // errors are kept by name
	s.Pods = slices.Concat(byNamespace...)
	return s
}

// lists are all that is read besides the pods.
func (s *Snapshot) lists(ctx context.Context, client kubernetes.Interface) []resourceList {
	core, storage, stored := client.CoreV1(), client.StorageV1(), &s.Storage
	return []resourceList{
		{"namespaces", func() error { return listInto(ctx, &s.Namespaces, core.Namespaces().List) }},
		{"resourcequotas", func() error { return listInto(ctx, &s.Quotas, core.ResourceQuotas("").List) }},
		{"horizontalpodautoscalers", func() error {
			return listInto(ctx, &s.Autoscalers, client.AutoscalingV2().HorizontalPodAutoscalers("").List)
		}},
		{"persistentvolumeclaims", func() error {
			return listInto(ctx, &stored.Claims, core.PersistentVolumeClaims("").List)
		}},
		{"persistentvolumes", func() error { return listInto(ctx, &stored.Volumes, core.PersistentVolumes().List) }},
		{"storageclasses", func() error { return listInto(ctx, &stored.Classes, storage.StorageClasses().List) }},
		{"csinodes", func() error { return listInto(ctx, &stored.CSINodes, storage.CSINodes().List) }},
		{"csidrivers", func() error { return listInto(ctx, &stored.CSIDrivers, storage.CSIDrivers().List) }},
		{"csistoragecapacities", func() error {
			return listInto(ctx, &stored.Capacities, storage.CSIStorageCapacities("").List)
		}},
	}
}

// podsIn names the list of the pods of a namespace, or of all.
func podsIn(namespace string) string {
	if namespace == "" {
		return "pods"
	}
	return "pods in " + namespace
}

// TakePodLists returns why the pods of namespaces could not be read, by the namespace, "" for all, and leaves that out
// of what Incomplete says.
func (s Snapshot) TakePodLists() map[string]error {
	failed := map[string]error{}
	for name, err := range s.missing {
		if rest, isPods := strings.CutPrefix(name, "pods"); isPods {
			failed[strings.TrimPrefix(rest, " in ")] = err
			delete(s.missing, name)
		}
	}
	return failed
}

// pageSize is how many objects are in memory as the server sends them.
const pageSize = 100

// listInto reads a list page by page. What comes of each object is changed by trim before the next is read.
func listInto[T any, L runtime.Object](ctx context.Context, into *[]T,
	list func(context.Context, metav1.ListOptions) (L, error), trim ...func(*T)) error {
	pages := pager.New(func(ctx context.Context, opts metav1.ListOptions) (runtime.Object,
		error) {
		return list(ctx, opts)
	})
	pages.PageSize, pages.PageBufferSize = pageSize, 1
	return pages.EachListItem(ctx, metav1.ListOptions{}, func(obj runtime.Object) error {
		if item, ok := any(obj).(*T); ok {
			for _, change := range trim {
				change(item)
			}
			*into = append(*into, *item)
		}
		return nil
	})
}

// trim takes from a pod what no plan looks at.
func (o Options) trim(pod *corev1.Pod) {
	pod.ManagedFields = nil
	if !o.Lean {
		return
	}
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i, c := range list {
			list[i] = corev1.Container{Name: c.Name, Image: c.Image, Ports: c.Ports, Resources: c.Resources,
				ResizePolicy: c.ResizePolicy, RestartPolicy: c.RestartPolicy}
		}
	}
	pod.Status = corev1.PodStatus{Phase: pod.Status.Phase}
}

// Whole reports whether a list was read.
func (s Snapshot) Whole(name string) bool { return s.missing[name] == nil }

// LacksNamespace reports whether a namespace is known not to be there.
func (s Snapshot) LacksNamespace(name string) bool {
	return s.Whole("namespaces") &&
		!slices.ContainsFunc(s.Namespaces, func(n corev1.Namespace) bool { return n.Name == name })
}

// Incomplete says once what the plan could not look at, and which rights it lacks for that.
func (s Snapshot) Incomplete() []finding.Finding {
	var forbidden, failed []string
	for name, err := range s.missing {
		if apierrors.IsForbidden(err) {
			forbidden = append(forbidden, name)
		} else {
			failed = append(failed, fmt.Sprintf("%s (%v)", name, err))
		}
	}
	if len(s.missing) == 0 {
		return nil
	}
	slices.Sort(forbidden)
	slices.Sort(failed)
	f := finding.Finding{Code: finding.PlanIncomplete, Severity: finding.Info, Message: "The plan does not look at "}
	var reasons []string
	if len(forbidden) > 0 {
		reasons = append(reasons, "what it may not list: "+platform.Conjoin(forbidden))
		f.Fix = "Grant list on these in all namespaces: see docs/rbac.yaml."
	}
	if len(failed) > 0 {
		reasons = append(reasons, "what could not be read: "+platform.Conjoin(failed))
	}
	f.Message += strings.Join(reasons, ", nor at ") + "."
	if !s.Whole("pods") {
		f.Message += " So whether there is room for the pods is not known."
	}
	return []finding.Finding{f}
}
