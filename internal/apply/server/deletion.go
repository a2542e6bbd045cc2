package server

import (
	"context"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
)

// DeleteAndWait deletes a live object, and returns when it is gone, or with an error after the timeout. The pods and
// claims of a StatefulSet stay.
func (s *Server) DeleteAndWait(ctx context.Context, ref Ref, live *unstructured.Unstructured,
	timeout time.Duration) error {
	uid := live.GetUID()
	orphan := ref.Kind.Kind == "StatefulSet"
	err := s.Retry(ctx, func() error { return s.Delete(ctx, ref, &metav1.Preconditions{UID: &uid}, orphan) })
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return err
	}
	var finalizers []string
	gone := func(ctx context.Context) (bool, error) {
		now, err := s.Get(ctx, ref)
		if apierrors.IsNotFound(err) || err == nil && now.GetUID() != uid {
			return true, nil
		}
		if err == nil {
			finalizers = now.GetFinalizers()
		}
		return false, err
	}
	err = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, timeout, true, gone)
	if wait.Interrupted(err) && ctx.Err() == nil {
		return &Refusal{
			Why: fmt.Sprintf("it was deleted to be created again, and is still there after %s: its finalizers are %s",
				timeout, strings.Join(finalizers, ", ")),
			Fix: "See what holds them up, then deploy again.",
		}
	}
	return err
}
