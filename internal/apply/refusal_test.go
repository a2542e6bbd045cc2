package apply_test

import (
	"testing"

	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

func TestRefusals(t *testing.T) {
	opts := in(t, "refusals")
	must(t, web("1", "hi")+`
---
{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {"count/secrets": "0"}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: refusals-baseline, labels: {pod-security.kubernetes.io/enforce: baseline}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, patch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: reader}]
`, opts)
	reader := rest.CopyConfig(server(t))
	reader.Impersonate.UserName = "reader"
	for _, test := range []struct {
		name                 string
		as                   *rest.Config
		manifests            string
		object, message, fix string
	}{
		{"an_immutable_field", server(t), `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {selector: {matchLabels: {app: b}}, template: {metadata: {labels: {app: b}}, spec: {containers: [{name: web, image: x}]}}}}`,
			"apps/v1 Deployment refusals/web",
			`Deployment refusals/web: the manifest changes spec.selector, which can't be changed on a Deployment that exists`,
			`Set it back. Or have it deleted and created again: list Deployment in recreate, or annotate the object with multiarch-deploy.dev/recreate: "true". ` +
				`Then its pods are deleted: it is down until new ones are ready.`},
		{"an_invalid_value", server(t), `{apiVersion: v1, kind: Service, metadata: {name: bad}, spec: {ports: [{port: 99999, targetPort: 80}]}}`,
			"v1 Service refusals/bad",
			`Service refusals/bad: spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive`,
			`Correct the manifest as the message says.`},
		{"an_unknown_field", server(t), `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replica: 3}}`,
			"apps/v1 Deployment refusals/web",
			`Deployment refusals/web: spec.replica: field not declared in schema`,
			`Correct or remove the field; kubectl explain deployment shows which there are.`},
		{"a_value_of_the_wrong_type", server(t), `{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: {b: c}}}`,
			"v1 ConfigMap refusals/c",
			`ConfigMap refusals/c: data.a: expected string`,
			`Correct the manifest as the message says.`},
		{"no_such_namespace", server(t), `{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: nowhere}}`,
			"v1 ConfigMap nowhere/c",
			`ConfigMap nowhere/c: namespaces "nowhere" not found`,
			`Create the namespace, or add it to the kustomization: kubectl create namespace nowhere`},
		{"no_such_kind", server(t), `{apiVersion: nobody.example/v1, kind: Gadget, metadata: {name: g}}`,
			"nobody.example/v1 Gadget g",
			`Gadget g: the cluster has no kind "Gadget" in "nobody.example/v1"`,
			`Install the CustomResourceDefinition first, or add it to the kustomization; or check apiVersion and kind for typos.`},
		{"a_version_no_longer_served", server(t), `{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: web}}`,
			"apps/v1beta1 Deployment web",
			`Deployment web: the cluster has no kind "Deployment" in "apps/v1beta1"`,
			`The cluster serves it as apiVersion: apps/v1`},
		{"no_name", server(t), `{apiVersion: v1, kind: ConfigMap, metadata: {generateName: c-}}`,
			"v1 ConfigMap ",
			`ConfigMap without a name: what has no metadata.name can't be applied`,
			`Give it a name. (generateName works with kubectl create only.)`},
		{"twice_in_the_set", server(t), "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}\n---\n{apiVersion: v1, " +
			"kind: ConfigMap, metadata: {name: c, namespace: refusals}}",
			"v1 ConfigMap refusals/c",
			`ConfigMap refusals/c: it is there twice in the manifests`,
			`Remove one of the two: the one applied last would win, by chance.`},
		{"over_quota", server(t), `{apiVersion: v1, kind: Secret, metadata: {name: s}}`,
			"v1 Secret refusals/s",
			`Secret refusals/s: secrets "s" is forbidden: exceeded quota: q, requested: count/secrets=1, used: count/secrets=0, limited: count/secrets=0`,
			`Ask for less, or raise the quota: kubectl describe resourcequota -n refusals`},
		{"pod_security", server(t), `{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: refusals-baseline}, spec: {hostNetwork: true, containers: [{name: c, image: x}]}}`,
			"v1 Pod refusals-baseline/p",
			`Pod refusals-baseline/p: pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)`,
			`Set the securityContext fields that the message names, or lower the namespace's label pod-security.kubernetes.io/enforce.`},
		{"a_verb_that_the_user_lacks", reader, `{apiVersion: v1, kind: ConfigMap, metadata: {name: new}}`,
			"v1 ConfigMap refusals/new",
			`ConfigMap refusals/new: configmaps "new" is forbidden: User "reader" cannot create resource "configmaps" in API group "" in the namespace "refusals"`,
			"Give User \"reader\" a Role in namespace refusals with this rule:\n- apiGroups: [\"\"]\n  resources: " +
				"[\"configmaps\"]\n  verbs: [get, create, patch]"},
		{"a_resource_that_the_user_lacks", reader, `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}`,
			"apps/v1 Deployment refusals/web",
			`Deployment refusals/web: deployments.apps "web" is forbidden: User "reader" cannot patch resource "deployments" in API group "apps" in the namespace "refusals"`,
			"Give User \"reader\" a Role in namespace refusals with this rule:\n- apiGroups: [\"apps\"]\n  resources: " +
				"[\"deployments\"]\n  verbs: [get, create, patch]"},
		{"a_cluster_scoped_resource", reader, `{apiVersion: v1, kind: Namespace, metadata: {name: theirs}}`,
			"v1 Namespace theirs",
			`Namespace theirs: namespaces "theirs" is forbidden: User "reader" cannot patch resource "namespaces" in API group "" in the namespace "theirs"`,
			"Give User \"reader\" a ClusterRole with this rule:\n- apiGroups: [\"\"]\n  resources: [\"namespaces\"]\n  verbs: " +
				"[get, create, patch]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			set, findings := refused(t, test.as, test.manifests, opts)
			same(t, 0, len(set))
			same(t, []finding.Finding{{
				Code: finding.ApplyRejected, Severity: finding.Error, Object: test.object, Message: test.message, Fix: test.fix,
			}}, findings)
		})
	}
}
