package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// Get returns the live object.
func (s *Server) Get(ctx context.Context, ref Ref) (*unstructured.Unstructured, error) {
	live := &unstructured.Unstructured{}
	err := s.Retry(ctx, func() error {
		// client-go repeats a GET whose connection breaks 10 times, a second apart: too often under a loop of our own.
		return s.rest.Get().AbsPath(ref.path()...).MaxRetries(2).Do(ctx).Into(live)
	})
	return live, err
}

// pageSize is how many objects one answer to List has, and pageOfDefinitions how many CustomResourceDefinitions, which
// may have a megabyte each.
const (
	pageSize          = 500
	pageOfDefinitions = 10
)

// Listing is a list whose first page has been asked for.
type Listing struct {
	server *Server
	ref    Ref
	first  func() (*unstructured.UnstructuredList, error)
}

// Begin asks for the first page of the objects of the kind of ref in its namespace. It does not wait for the answer.
func (s *Server) Begin(ctx context.Context, ref Ref) *Listing {
	first := sync.OnceValues(func() (*unstructured.UnstructuredList, error) { return s.page(ctx, ref, "") })
	go func() { _, _ = first() }() // Each returns the error
	return &Listing{s, ref, first}
}

// Each calls a function with the objects, page by page. It stops, and complete is false, when it has read more than
// limit objects and there are more.
func (l *Listing) Each(ctx context.Context, limit int, each func(*unstructured.Unstructured)) (
	complete bool, err error,
) {
	page, err := l.first()
	l.first = nil // so that no page is kept
	for read := 0; err == nil; {
		for i := range page.Items {
			each(&unstructured.Unstructured{Object: page.Items[i].Object}) // so that none keeps its page
		}
		read += len(page.Items)
		next := page.GetContinue()
		if next == "" || read > limit {
			return next == "", nil
		}
		page, err = l.server.page(ctx, l.ref, next)
	}
	return false, err
}

// List begins a list, and calls a function with each of its objects.
func (s *Server) List(ctx context.Context, ref Ref, limit int, each func(*unstructured.Unstructured)) (
	complete bool, err error,
) {
	return s.Begin(ctx, ref).Each(ctx, limit, each)
}

// page returns one answer of a list, from where the answer before it told to continue.
func (s *Server) page(ctx context.Context, ref Ref, next string) (page *unstructured.UnstructuredList, err error) {
	size := pageSize
	if ref.Kind.Kind == "CustomResourceDefinition" {
		size = pageOfDefinitions
	}
	err = s.Retry(ctx, func() error {
		result := s.rest.Get().AbsPath(ref.collection()...).Param("limit", strconv.Itoa(size)).Param("continue", next).
			MaxRetries(2).Do(ctx)
		if err := result.Error(); err != nil {
			return err
		}
		raw, err := result.Raw()
		if err != nil {
			return err
		}
		page, err = listIn(raw)
		return err
	})
	return page, err
}

// listIn decodes a list, of which most objects are kept. unstructured.UnstructuredList takes twice as long: it decodes
// all items once more as a part of the list.
func listIn(raw []byte) (*unstructured.UnstructuredList, error) {
	list := &unstructured.UnstructuredList{}
	if err := utiljson.Unmarshal(raw, &list.Object); err != nil {
		return nil, err
	}
	items, _ := list.Object["items"].([]any)
	delete(list.Object, "items")
	for _, item := range items {
		fields, ok := item.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("an item of the %s is no object", list.GetKind())
		}
		u := unstructured.Unstructured{Object: fields}
		if u.GetKind() == "" || u.GetAPIVersion() == "" { // as in lists of the server's own kinds
			u.SetKind(strings.TrimSuffix(list.GetKind(), "List"))
			u.SetAPIVersion(list.GetAPIVersion())
		}
		list.Items = append(list.Items, u)
	}
	return list, nil
}

// Named returns the objects of the kind and name of ref in all namespaces.
func (s *Server) Named(ctx context.Context, ref Ref) ([]unstructured.Unstructured, error) {
	list := &unstructured.UnstructuredList{}
	err := s.Retry(ctx, func() error {
		return s.rest.Get().AbsPath(ref.collection()...).Param("fieldSelector", "metadata.name="+ref.Name).Do(ctx).Into(list)
	})
	return list.Items, err
}

// Apply is one server-side apply. See https://kubernetes.io/docs/reference/using-api/server-side-apply/.
type Apply struct {
	// Manager is the field manager.
	Manager string
	// Force takes over fields that other managers own.
	Force bool
	// DryRun has the API server answer what would become of the object, and change nothing.
	DryRun bool
}

// Apply sends u in the place of ref. It returns the object after that, and whether it was created.
func (s *Server) Apply(ctx context.Context, ref Ref, u *unstructured.Unstructured, how Apply) (
	after *unstructured.Unstructured, created bool, err error,
) {
	body, err := u.MarshalJSON()
	if err != nil {
		return nil, false, err
	}
	after = &unstructured.Unstructured{}
	err = s.Retry(ctx, func() error {
		request := s.rest.Patch(types.ApplyYAMLPatchType).AbsPath(ref.path()...).
			Param("fieldManager", how.Manager).Param("force", strconv.FormatBool(how.Force)).
			// A field that the schema doesn't know is a typo that would do nothing: refuse it, as kubectl does.
			Param("fieldValidation", metav1.FieldValidationStrict).
			Body(body)
		if how.DryRun {
			request.Param("dryRun", metav1.DryRunAll)
		}
		var status int
		result := request.Do(ctx).StatusCode(&status)
		created = status == http.StatusCreated
		return result.Into(after)
	})
	return after, created, err
}

// Merge sends a JSON merge patch in a dry run, and returns what would become of the object.
func (s *Server) Merge(
	ctx context.Context, ref Ref, patch map[string]any, manager string,
) (*unstructured.Unstructured, error) {
	body, err := json.Marshal(patch)
	if err != nil {
		return nil, err
	}
	after := &unstructured.Unstructured{}
	err = s.Retry(ctx, func() error {
		return s.rest.Patch(types.MergePatchType).AbsPath(ref.path()...).Param("fieldManager", manager).
			Param("fieldValidation", metav1.FieldValidationStrict).Param("dryRun", metav1.DryRunAll).
			Body(body).Do(ctx).Into(after)
	})
	return after, err
}

// SetManagedFields replaces who owns which fields of live, unless that has changed meanwhile: then the error is a
// conflict. Nothing else of the object changes.
func (s *Server) SetManagedFields(ctx context.Context, ref Ref, live *unstructured.Unstructured,
	entries []metav1.ManagedFieldsEntry,
) (*unstructured.Unstructured, error) {
	body, err := json.Marshal([]map[string]any{
		{"op": "replace", "path": "/metadata/managedFields", "value": entries},
		{"op": "replace", "path": "/metadata/resourceVersion", "value": live.GetResourceVersion()},
	})
	if err != nil {
		return nil, err
	}
	after := &unstructured.Unstructured{}
	err = s.rest.Patch(types.JSONPatchType).AbsPath(ref.path()...).Body(body).Do(ctx).Into(after)
	return after, err
}

// Delete deletes the live object, if it still is the one that only describes. What it owns is deleted in the
// background, or orphaned.
func (s *Server) Delete(ctx context.Context, ref Ref, only *metav1.Preconditions, orphan bool) error {
	propagation := metav1.DeletePropagationBackground
	if orphan {
		propagation = metav1.DeletePropagationOrphan
	}
	body, err := json.Marshal(metav1.DeleteOptions{
		TypeMeta:          metav1.TypeMeta{APIVersion: "v1", Kind: "DeleteOptions"},
		Preconditions:     only,
		PropagationPolicy: &propagation,
	})
	if err != nil {
		return err
	}
	return s.rest.Delete().AbsPath(ref.path()...).Body(body).Do(ctx).Error()
}

// Replace writes u whole: over the object of its resourceVersion, or, without that, as a new one.
func (s *Server) Replace(ctx context.Context, ref Ref, u *unstructured.Unstructured) error {
	body, err := u.MarshalJSON()
	if err != nil {
		return err
	}
	if u.GetResourceVersion() == "" {
		return s.rest.Post().AbsPath(ref.collection()...).Body(body).Do(ctx).Error()
	}
	return s.rest.Put().AbsPath(ref.path()...).Body(body).Do(ctx).Error()
}

// Outlasting returns a context that outlives ctx by grace, so that the answer to a change that is under way at an
// interrupt is still heard. Call the function when done.
func Outlasting(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return longer, func() { stop(); cancel() }
}
