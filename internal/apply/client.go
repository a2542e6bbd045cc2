package apply

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// get returns the live object.
func (a *Applier) get(ctx context.Context, t *target) (*unstructured.Unstructured, error) {
	live := &unstructured.Unstructured{}
	err := retry(ctx, func() error {
		return a.rest.Get().AbsPath(t.path()...).Do(ctx).Into(live)
	})
	return live, err
}

// patch is a server-side apply of u in the place of t. See https://kubernetes.io/docs/reference/using-api/server-side-apply/.
type patch struct {
	manager string
	force   bool
	dryRun  bool
}

// send returns the object after the patch, and whether the patch created it.
func (p patch) send(ctx context.Context, a *Applier, t *target, u *unstructured.Unstructured) (after *unstructured.Unstructured, created bool, err error) {
	body, err := u.MarshalJSON()
	if err != nil {
		return nil, false, err
	}
	after = &unstructured.Unstructured{}
	err = retry(ctx, func() error {
		request := a.rest.Patch(types.ApplyYAMLPatchType).AbsPath(t.path()...).
			Param("fieldManager", p.manager).Param("force", strconv.FormatBool(p.force)).
			// A field that the schema doesn't know is a typo that would do nothing: refuse it, as kubectl does.
			Param("fieldValidation", metav1.FieldValidationStrict).
			Body(body)
		if p.dryRun {
			request.Param("dryRun", metav1.DryRunAll)
		}
		var status int
		result := request.Do(ctx).StatusCode(&status)
		created = status == http.StatusCreated
		return result.Into(after)
	})
	return after, created, err
}

// remove deletes the live object, if it still is what only says, and, in the background, what it owns.
func (a *Applier) remove(ctx context.Context, t *target, only *metav1.Preconditions) error {
	background := metav1.DeletePropagationBackground
	body, err := json.Marshal(metav1.DeleteOptions{
		TypeMeta:          metav1.TypeMeta{APIVersion: "v1", Kind: "DeleteOptions"},
		Preconditions:     only,
		PropagationPolicy: &background,
	})
	if err != nil {
		return err
	}
	return a.rest.Delete().AbsPath(t.path()...).Body(body).Do(ctx).Error()
}

// replace writes the object whole: over the one of its resourceVersion, or, without that, as a new one.
func (a *Applier) replace(ctx context.Context, t *target) error {
	body, err := t.desired.MarshalJSON()
	if err != nil {
		return err
	}
	path := t.path()
	if t.desired.GetResourceVersion() == "" {
		return a.rest.Post().AbsPath(path[:len(path)-1]...).Body(body).Do(ctx).Error()
	}
	return a.rest.Put().AbsPath(path...).Body(body).Do(ctx).Error()
}

// outlasting returns a context that outlives ctx by grace, so that a change that is under way at an interrupt is
// heard of and goes into the ChangeSet. Call the function when done.
func outlasting(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return longer, func() { stop(); cancel() }
}
