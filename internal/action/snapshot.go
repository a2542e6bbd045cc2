package action

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
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

// snapshot is what the plan knows of the cluster besides its nodes.
type snapshot struct {
	schedule.Snapshot
	quotas []corev1.ResourceQuota
	// missing are the lists that could not be read, and why.
	missing map[string]error
}

// snapshotTimeout bounds the reading of what runs: the plan is made without it rather than late.
const snapshotTimeout = 30 * time.Second

// readSnapshot starts to list what runs in the cluster, and returns a function that waits for it. Each list needs a
// right of its own, and a plan without one is still a plan.
func readSnapshot(ctx context.Context, config *rest.Config) func() (snapshot, error) {
	wait := sync.OnceValues(func() (snapshot, error) {
		config := rest.CopyConfig(config)
		config.ContentType = runtime.ContentTypeProtobuf // a third of the bytes, of which there are many
		client, err := kubernetes.NewForConfig(config)
		if err != nil {
			return snapshot{}, fmt.Errorf("connecting to the cluster: %w", err)
		}
		ctx, cancel := context.WithTimeoutCause(ctx, snapshotTimeout, fmt.Errorf("no answer within %s", snapshotTimeout))
		defer cancel()
		return listAll(ctx, client), nil
	})
	go func() { _, _ = wait() }() // the error is returned to whoever waits
	return wait
}

func listAll(ctx context.Context, client kubernetes.Interface) snapshot {
	s := snapshot{missing: map[string]error{}}
	var group errgroup.Group
	var lock sync.Mutex
	core, storage := client.CoreV1(), client.StorageV1()
	for _, list := range []struct {
		name string
		read func() error
	}{
		{"pods", func() error { return listInto(ctx, &s.Pods, core.Pods("").List) }},
		{"namespaces", func() error { return listInto(ctx, &s.Namespaces, core.Namespaces().List) }},
		{"resourcequotas", func() error { return listInto(ctx, &s.quotas, core.ResourceQuotas("").List) }},
		{"persistentvolumeclaims", func() error {
			return listInto(ctx, &s.Storage.Claims,
				core.PersistentVolumeClaims("").List)
		}},
		{"persistentvolumes", func() error { return listInto(ctx, &s.Storage.Volumes, core.PersistentVolumes().List) }},
		{"storageclasses", func() error { return listInto(ctx, &s.Storage.Classes, storage.StorageClasses().List) }},
		{"csinodes", func() error { return listInto(ctx, &s.Storage.CSINodes, storage.CSINodes().List) }},
		{"csidrivers", func() error { return listInto(ctx, &s.Storage.CSIDrivers, storage.CSIDrivers().List) }},
		{"csistoragecapacities", func() error {
			return listInto(ctx, &s.Storage.Capacities,
				storage.CSIStorageCapacities("").List)
		}},
	} {
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
	return s
}

// listInto reads a list page by page.
func listInto[T any, L runtime.Object](ctx context.Context, into *[]T,
	list func(context.Context, metav1.ListOptions) (L, error)) error {
	pages := pager.New(func(ctx context.Context, opts metav1.ListOptions) (runtime.Object,
		error) {
		return list(ctx, opts)
	})
	return pages.EachListItem(ctx, metav1.ListOptions{}, func(obj runtime.Object) error {
		if item, ok := any(obj).(*T); ok {
			*into = append(*into, *item)
		}
		return nil
	})
}

// whole reports whether a list was read.
func (s snapshot) whole(name string) bool { return s.missing[name] == nil }

// incomplete says once what the plan could not look at, and which rights it lacks for that.
func (s snapshot) incomplete() []finding.Finding {
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
	if !s.whole("pods") {
		f.Message += " So whether there is room for the pods is not known."
	}
	return []finding.Finding{f}
}
