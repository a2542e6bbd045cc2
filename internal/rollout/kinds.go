package rollout

import (
	"strings"

	"k8s.io/client-go/discovery"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// noteKinds marks the objects of custom kinds that have no status subresource: their status, if any, is what the
// manifest says, so that no controller is waited for. Where discovery fails the kind counts as one that has a status.
func (tr *tracker) noteKinds(server discovery.ServerResourcesInterface) {
	if server == nil {
		return
	}
	with, known := map[string]bool{}, map[string]bool{}
	for _, t := range tr.order {
		version := t.last.GetAPIVersion()
		if !object.IsCustom(t.last) {
			continue
		}
		if _, asked := known[version]; !asked {
			list, err := server.ServerResourcesForGroupVersion(version)
			known[version] = err == nil
			if err != nil {
				continue
			}
			for _, r := range list.APIResources {
				if strings.HasSuffix(r.Name, "/status") {
					with[version+" "+r.Kind] = true
				}
			}
		}
		t.statusless = known[version] && !with[version+" "+t.last.GetKind()]
	}
}
