package inputs_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
)

func TestParse_sign_in_to_Azure(t *testing.T) {
	account := map[string]string{"azure-client-id": "c", "azure-tenant-id": "t"}
	for _, test := range []struct {
		name  string
		given map[string]string
		want  error
	}{
		{"registry_alone", with(account, nil), nil},
		{"cluster_by_name", with(account, map[string]string{"provider": "aks", "cluster": "shop", "resource-group": "g",
			"azure-subscription-id": "s"}), nil},
		{"cluster_by_resource_id", with(account,
			map[string]string{"provider": "aks", "cluster": "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/shop"}), nil},
		{"resource_id_cut_short", with(account, map[string]string{"provider": "aks", "cluster": "/subscriptions/s"}),
			inputs.Problems{`cluster: "/subscriptions/s" is neither a name nor /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.ContainerService/managedClusters/NAME, ` +
				"which `az aks show --query id` prints"}},
		{"nothing_given", map[string]string{"provider": "aks"},
			inputs.Problems{"provider aks also needs azure-client-id, azure-tenant-id, cluster, resource-group, " +
				"azure-subscription-id"}},
		{"name_without_its_group", with(account, map[string]string{"provider": "aks", "cluster": "shop"}),
			inputs.Problems{"provider aks also needs resource-group, azure-subscription-id"}},
		{"half_an_account", map[string]string{"azure-tenant-id": "t"},
			inputs.Problems{"azure-client-id and azure-tenant-id go together; only one of them was given"}},
		{"kubeconfig_too", with(account, map[string]string{"provider": "aks", "cluster": "shop", "resource-group": "g",
			"azure-subscription-id": "s", "kubeconfig": "file"}),
			inputs.Problems{"kubeconfig and kube-context are for provider kubeconfig; provider aks asks the cloud for the " +
				"cluster's address"}},
		{"unknown_environment", with(account, map[string]string{"azure-environment": "AzureCloud"}),
			inputs.Problems{`azure-environment: "AzureCloud" is not one of public, usgovernment, china`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parse(test.given, inputs.Needs{})
			if diff := cmp.Diff(test.want, err, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// with returns the inputs of both.
func with(a, b map[string]string) map[string]string {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}
