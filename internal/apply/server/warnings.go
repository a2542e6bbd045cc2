package server

import (
	"context"

	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// warningHandler passes what the API server warns of, such as a deprecated API version or a pod that violates the
// namespace's Pod Security level, to whoever started the request. The client is made once and shared, so the
// listener travels with the request. See https://kubernetes.io/blog/2020/09/03/warnings/.
type warningHandler struct{}

type listenerKey struct{}

// Listening returns a context whose requests report their warnings to sink, each one about the named object.
func Listening(ctx context.Context, sink progress.Sink, name string) context.Context {
	return context.WithValue(ctx, listenerKey{}, func(text string) {
		sink(progress.Message{Text: "warning: " + name + ": " + text})
	})
}

// HandleWarningHeaderWithContext implements rest.WarningHandlerWithContext.
func (warningHandler) HandleWarningHeaderWithContext(ctx context.Context, code int, _ string, text string) {
	// 299 is the only code that Kubernetes uses.
	if hear, ok := ctx.Value(listenerKey{}).(func(string)); ok && code == 299 && text != "" {
		hear(text)
	}
}
