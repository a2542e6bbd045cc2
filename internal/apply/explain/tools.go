package explain

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/ownership"
)

// ToolsOf returns the deploy tools that have set fields of a live object, but for the managers except.
func ToolsOf(live *unstructured.Unstructured, except []string) []string {
	var found []string
	if live == nil {
		return nil
	}
	for _, entry := range ownership.Entries(live) {
		tool := Tool(entry.Manager)
		if tool == "" || entry.Subresource != "" || slices.Contains(except, entry.Manager) {
			continue
		}
		if !slices.Contains(found, tool) {
			found = append(found, tool)
		}
	}
	return found
}
