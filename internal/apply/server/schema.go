package server

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Schema returns the API server's OpenAPI v3 document of a group and version, as JSON.
func (s *Server) Schema(ctx context.Context, gv schema.GroupVersion) ([]byte, error) {
	path := "apis/" + gv.String()
	if gv.Group == "" {
		path = "api/" + gv.Version
	}
	var text []byte
	err := s.Retry(ctx, func() error {
		paths, err := s.discovery.OpenAPIV3WithContext(ctx).PathsWithContext(ctx)
		if err != nil {
			return err
		}
		document, ok := paths[path]
		if !ok {
			return fmt.Errorf("the API server publishes no schema of %s", gv)
		}
		text, err = document.SchemaWithContext(ctx, "application/json")
		return err
	})
	return text, err
}
