package readiness

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// rule is what is known of a kind beyond the conventions. The zero rule adds nothing.
type rule struct {
	// needs are condition types that must be there and be True.
	needs []string
	// ignore are condition types that say nothing about whether the object is ready.
	ignore []string
	// check judges what the conventions do not cover; Unjudged leaves it to them, unless alone is set.
	check func(*unstructured.Unstructured) Status
	alone bool
	// silent kinds have a status that is no matter of being ready.
	silent bool
}

// reports says that the kind's controller is known to write a status for each object: one without is waited for.
func (r rule) reports() bool { return len(r.needs) > 0 || r.check != nil }

func (r rule) ignores(kind string) bool { return slices.Contains(r.ignore, kind) }

// demand asks for the conditions that must be True.
func (r rule) demand(all []object.Condition) evidence {
	var e evidence
	for _, kind := range r.needs {
		at := slices.IndexFunc(all, func(c object.Condition) bool { return c.Type == kind })
		if at < 0 {
			e.add(InProgress, "condition "+kind+" is not there yet")
			continue
		}
		state := stateOfCondition(all[at], false)
		if state == Unjudged { // a type of the kind's own
			state = map[bool]State{true: Ready, false: InProgress}[strings.EqualFold(all[at].Status, "True")]
		}
		e.add(state, describe(all[at]))
	}
	return e
}

// rules are the kinds by "Kind.group"; "*.group" is for every kind of the group, and "*.*.ending" for every kind of a
// group that ends so.
var rules = map[string]rule{
	"Rollout.argoproj.io":        {check: argoRollout, alone: true},
	"Application.argoproj.io":    {check: argoApplication, alone: true},
	"ApplicationSet.argoproj.io": {needs: []string{"ResourcesUpToDate"}, ignore: []string{"ParametersGenerated"}},
	"*.promoter.argoproj.io":     {check: promoter, alone: true},
	// A commit's status is a fact that its author states, good or bad.
	"CommitStatus.promoter.argoproj.io": {silent: true},

	"*.serving.knative.dev":   {needs: []string{"Ready"}, ignore: []string{"Active"}},
	"*.eventing.knative.dev":  {needs: []string{"Ready"}},
	"*.messaging.knative.dev": {needs: []string{"Ready"}},
	"*.sources.knative.dev":   {needs: []string{"Ready"}},

	"CloneSet.apps.kruise.io":    {check: revisions, alone: true},
	"StatefulSet.apps.kruise.io": {check: revisions, alone: true},
	"DaemonSet.apps.kruise.io":   {check: daemonCounts, alone: true},

	"GameServer.game.kruise.io": {check: gameServer},

	"CustomResourceDefinition.apiextensions.k8s.io": {needs: []string{"Established", "NamesAccepted"},
		ignore: []string{"KubernetesAPIApprovalPolicyConformant"}},

	"ClusterOperator.config.openshift.io": {needs: []string{"Available"}, ignore: []string{"Upgradeable"}},
	"DeploymentConfig.apps.openshift.io":  {check: deploymentConfig, alone: true},
	"Subscription.operators.coreos.com":   {check: subscription, alone: true},
	"Route.route.openshift.io":            {check: routeAdmitted},
	"MachineConfigPool.machineconfiguration.openshift.io": {needs: []string{"Updated"},
		ignore: []string{"RenderDegraded", "NodeDegraded"}},

	"Canary.flagger.app": {check: flagger, alone: true},

	"*.kafka.strimzi.io":              {needs: []string{"Ready"}},
	"KafkaRebalance.kafka.strimzi.io": {check: anyTrue("Ready", "ProposalReady")},
	"KafkaUser.kafka.strimzi.io":      {needs: []string{"Ready"}},

	"SealedSecret.bitnami.com":        {needs: []string{"Synced"}},
	"*.external-secrets.io":           {needs: []string{"Ready"}},
	"OnePasswordItem.onepassword.com": {needs: []string{"Ready"}},
	"*.secrets.hashicorp.com":         {ignore: []string{"Healthy"}},

	"*.cert-manager.io": {needs: []string{"Ready"},
		ignore: []string{"Issuing", "Approved", "InvalidRequest", "Denied"}},
	"*.certmanager.k8s.io":           {needs: []string{"Ready"}},
	"Order.acme.cert-manager.io":     {check: wordAt("status", "state")},
	"Challenge.acme.cert-manager.io": {check: wordAt("status", "state")},

	"Gateway.gateway.networking.k8s.io": {needs: []string{"Accepted", "Programmed"}, check: gateway},
	"GatewayClass.gateway.networking.k8s.io": {needs: []string{"Accepted"}, check: unclaimed,
		ignore: []string{"SupportedVersion"}},
	"HTTPRoute.gateway.networking.k8s.io": {check: routeParents},
	"GRPCRoute.gateway.networking.k8s.io": {check: routeParents},
	"TLSRoute.gateway.networking.k8s.io":  {check: routeParents},
	"TCPRoute.gateway.networking.k8s.io":  {check: routeParents},
	"UDPRoute.gateway.networking.k8s.io":  {check: routeParents},

	"ManagedCertificate.networking.gke.io": {check: managedCertificate, alone: true},
	"*.core.cnrm.cloud.google.com":         {check: healthy, alone: true},
	"*.*.cnrm.cloud.google.com":            {needs: []string{"Ready"}},
	"*.*.azure.com":                        {needs: []string{"Ready"}},
	"*.*.services.k8s.aws":                 {needs: []string{"ACK.ResourceSynced"}},

	"*.pkg.crossplane.io":             {},
	"*.stacks.crossplane.io":          {},
	"*.apiextensions.crossplane.io":   {},
	"Provider.pkg.crossplane.io":      {needs: []string{"Installed", "Healthy"}},
	"Configuration.pkg.crossplane.io": {needs: []string{"Installed", "Healthy"}},
	"Function.pkg.crossplane.io":      {needs: []string{"Installed", "Healthy"}},
	"CompositeResourceDefinition.apiextensions.crossplane.io": {needs: []string{"Established"},
		ignore: []string{"Offered"}},
	"*.*.crossplane.io": {needs: []string{"Synced", "Ready"}},
	"*.*.upbound.io":    {needs: []string{"Synced", "Ready"}},

	"Prometheus.monitoring.coreos.com":   {needs: []string{"Available", "Reconciled"}},
	"Alertmanager.monitoring.coreos.com": {needs: []string{"Available", "Reconciled"}},
	"ThanosRuler.monitoring.coreos.com":  {needs: []string{"Available", "Reconciled"}},

	"Elasticsearch.elasticsearch.k8s.elastic.co": {check: elastic, alone: true},
	"*.*.k8s.elastic.co":                         {check: elasticHealth, alone: true},
	"CephCluster.ceph.rook.io":                   {check: ceph, alone: true},

	"RabbitmqCluster.rabbitmq.com": {needs: []string{"AllReplicasReady", "ClusterAvailable", "ReconcileSuccess"},
		ignore: []string{"NoWarnings"}},
	"*.rabbitmq.com": {needs: []string{"Ready"}},

	"OpenTelemetryCollector.opentelemetry.io": {check: collector, alone: true},

	"FlinkDeployment.flink.apache.org": {check: flink, alone: true},
	"FlinkSessionJob.flink.apache.org": {check: flink, alone: true},

	// KEDA: https://keda.sh/docs/latest/reference/scaledobject-spec/. With a fallback the trigger's source fails.
	"ScaledObject.keda.sh": {needs: []string{"Ready"}, ignore: []string{"Active", "Paused"}, check: noFallback},
	"ScaledJob.keda.sh":    {needs: []string{"Ready"}, ignore: []string{"Active", "Paused"}},

	"*.karpenter.sh":        {needs: []string{"Ready"}, ignore: []string{"Drifted", "Consolidatable", "Empty", "Expired"}},
	"*.karpenter.azure.com": {needs: []string{"Ready"}},
	"*.karpenter.k8s.aws":   {needs: []string{"Ready"}},

	"Cluster.postgresql.cnpg.io": {check: cnpgCluster, alone: true},
	"Pooler.postgresql.cnpg.io":  {check: cnpgPooler, alone: true},
	"postgresql.acid.zalan.do":   {check: wordAt("status", "PostgresClusterStatus"), alone: true},

	"PipelineRun.tekton.dev": {needs: []string{"Succeeded"}},
	"TaskRun.tekton.dev":     {needs: []string{"Succeeded"}},

	"VolumeSnapshot.snapshot.storage.k8s.io":        {check: volumeSnapshot, alone: true},
	"VolumeSnapshotContent.snapshot.storage.k8s.io": {check: volumeSnapshot, alone: true},
	"DataVolume.cdi.kubevirt.io":                    {check: dataVolume, alone: true},
	"VirtualMachineInstance.kubevirt.io":            {needs: []string{"Ready"}},
	"InferenceService.serving.kserve.io":            {needs: []string{"Ready"}, check: inferenceService},
	"Grafana.grafana.integreatly.org":               {check: grafana, alone: true},
	"MariaDB.k8s.mariadb.com":                       {needs: []string{"Ready"}},
	"Keycloak.k8s.keycloak.org":                     {needs: []string{"Ready"}},
	"Kiali.kiali.io":                                {needs: []string{"Successful"}},
	"Policy.kyverno.io":                             {needs: []string{"Ready"}},
	"ClusterPolicy.kyverno.io":                      {needs: []string{"Ready"}},
	"Connector.platform.confluent.io":               {check: noneFailed},
	"Analysis.metrics.keptn.sh":                     {check: analysis},
	"*.gateway.solo.io":                             {check: gloo, alone: true},
	"*.gloo.solo.io":                                {check: gloo, alone: true},
	"*.numaflow.numaproj.io":                        {check: numaflow},
	"*.work.karmada.io":                             {check: bindings},
	"AnsibleJob.tower.ansible.com":                  {check: wordAt("status", "ansibleJobResult", "status"), alone: true},
	"HTTPProxy.projectcontour.io":                   {check: wordAt("status", "currentStatus")},
	"VirtualMachine.kubevirt.io":                    {check: virtualMachine, alone: true},
	"Tenant.minio.min.io":                           {check: minio, alone: true},
	"ClusterQueue.kueue.x-k8s.io":                   {needs: []string{"Active"}},
	"PyTorchJob.kubeflow.org":                       {needs: []string{"Succeeded"}},
	"TFJob.kubeflow.org":                            {needs: []string{"Succeeded"}},
	"MPIJob.kubeflow.org":                           {needs: []string{"Succeeded"}},
	"Fleet.agones.dev":                              {check: replicasAt("readyReplicas"), alone: true},
	"VerticalPodAutoscaler.autoscaling.k8s.io":      {silent: true},

	"OperatorPolicy.policy.open-cluster-management.io": {needs: []string{"Compliant"}},
}

// ruleFor returns the most exact rule for the object's kind.
func ruleFor(u *unstructured.Unstructured) rule {
	kind := u.GroupVersionKind().GroupKind()
	if settings[kind.Kind] {
		return rule{silent: true}
	}
	if r, ok := rules[kind.String()]; ok {
		return r
	}
	if r, ok := rules["*."+kind.Group]; ok {
		return r
	}
	for at, rest := 0, kind.Group; at >= 0; at = strings.IndexByte(rest, '.') {
		if at > 0 {
			rest = rest[at+1:]
		}
		if r, ok := rules["*.*."+rest]; ok {
			return r
		}
		if at == 0 && !strings.Contains(rest, ".") {
			break
		}
	}
	if isComposite(u) {
		return rules["*.*.crossplane.io"]
	}
	return rule{}
}

// settings are Crossplane's kinds that only configure others; their status counts users.
var settings = words(`ProviderConfig ClusterProviderConfig ProviderConfigUsage StoreConfig EnvironmentConfig`)

// isComposite knows Crossplane's composite resources and claims, whose groups are their authors' own.
func isComposite(u *unstructured.Unstructured) bool {
	for _, field := range []string{"crossplane", "compositionRef", "compositionSelector", "compositeDeletePolicy",
		"resourceRefs"} {
		if _, found, _ := unstructured.NestedFieldNoCopy(u.Object, "spec", field); found {
			return true
		}
	}
	return false
}
