package rollout

import (
	"strings"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// permanentAt is when a trouble counts as permanent if it lasts: at once where the diagnosis says so, after its grace
// where what is missing is nothing that the deploy brings; false when waiting may help for as long as it takes.
func (tr *tracker) permanentAt(d finding.Diagnosis, since time.Time) (time.Time, bool) {
	switch {
	case d.Finding == nil:
		return time.Time{}, false
	case d.Permanent:
		return time.Time{}, true
	case d.Grace == 0 || tr.brings(d.Missing):
		return time.Time{}, false
	}
	return since.Add(d.Grace), true
}

// makers are the groups of kinds whose controllers make Secrets and ConfigMaps. Crossplane's and the clouds' are of
// the groups of their resources, so that any custom kind with a reference to write to counts too.
var makers = []string{
	"external-secrets.io", "bitnami.com", "cert-manager.io", "secrets.hashicorp.com", "isindir.github.com",
	"redhatcop.redhat.io",
	"infisical.com", "onepassword.com", "doppler.com", "akeyless.io", "mongodb.com", "postgresql.cnpg.io", "acid.zalan.do",
	"rabbitmq.com", "kafka.strimzi.io", "k8s.elastic.co", "crossplane.io", "upbound.io", "azure.com",
	"cnrm.cloud.google.com",
	"services.k8s.aws", "percona.com", "reflector.v1.k8s.emberstack.com", "trust.cert-manager.io", "spv.no",
	"secrets-store.csi.x-k8s.io",
	"operator.victoriametrics.com", "argoproj.io", "toolkit.fluxcd.io", "helm.cattle.io", "k8s.keycloak.org",
}

// brings reports whether something in the set makes the object that is missing: the set itself, or a custom object
// whose controller is known to make such objects.
func (tr *tracker) brings(missing object.Key) bool {
	if missing.Name == "" {
		return false
	}
	if tr.objects[missing] != nil {
		return true
	}
	if missing.Kind != "Secret" && missing.Kind != "ConfigMap" {
		return false
	}
	for key := range tr.objects {
		for _, group := range makers {
			if key.Group == group || strings.HasSuffix(key.Group, "."+group) {
				return true
			}
		}
	}
	return false
}
