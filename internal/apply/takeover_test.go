package apply_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
)

// kubectl runs kubectl of the cluster's release on manifests, in a namespace.
func kubectl(t *testing.T, namespace, text string, args ...string) {
	t.Helper()
	program, err := programs.Kubectl(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "manifests.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	all := []string{"--kubeconfig", cluster.Shared(t, cluster.Options{}).Kubeconfig, "-n", namespace}
	all = append(all, args...)
	if text != "" {
		all = append(all, "-f", file)
	}
	if out, err := exec.CommandContext(t.Context(), program, all...).CombinedOutput(); err != nil {
		t.Fatalf("kubectl %v: %v\n%s", args, err, out)
	}
}

// full has every kind of field that may leave the manifests, and lean is what is left.
const full = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web, team: a}, annotations: {note: x}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      nodeSelector: {kubernetes.io/arch: amd64}
      containers:
      - name: web
        image: registry.example/web:1
        env: [{name: A, value: "1"}, {name: B, value: "2"}]
        ports: [{containerPort: 80}, {containerPort: 81}]
        resources: {limits: {memory: 64Mi}}
        volumeMounts: [{name: data, mountPath: /data}]
        readinessProbe: {httpGet: {path: /, port: 80}}
      - {name: sidecar, image: registry.example/sidecar:1}
      volumes: [{name: data, configMap: {name: web}}, {name: gone, emptyDir: {}}]
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: web}, data: {kept: "1", removed: "2"}}
`

const lean = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  strategy: {type: Recreate}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example/web:2
        env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
        ports: [{containerPort: 80}]
        volumeMounts: [{name: data, mountPath: /data}]
        readinessProbe: {tcpSocket: {port: 80}}
      volumes: [{name: data, secret: {secretName: web}}]
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{name: http, port: 8080}]}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: web}, data: {kept: "1"}}
`

// said is what manifests say about the test's objects, defaults included, as one cluster has them.
func said(t *testing.T, namespace string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for _, resource := range []string{"deployments.v1.apps", "services.v1.", "configmaps.v1."} {
		u := live(t, resource, namespace, "web")
		for _, f := range []string{"uid", "resourceVersion", "generation", "managedFields", "creationTimestamp", "namespace",
			"annotations"} {
			delete(u.Object["metadata"].(map[string]any), f)
		}
		delete(u.Object, "status")
		if spec, ok := u.Object["spec"].(map[string]any); ok {
			delete(spec, "clusterIP")
			delete(spec, "clusterIPs")
		}
		all = append(all, u.Object)
	}
	return all
}

func TestApply_takes_over_from_kubectl(t *testing.T) {
	in(t, "takeover-want")
	must(t, lean, apply.Options{Namespace: "takeover-want"})
	want := said(t, "takeover-want")
	tests := []struct {
		name  string
		first func(t *testing.T, namespace string)
	}{
		{"client_side", func(t *testing.T, ns string) { kubectl(t, ns, full, "apply") }},
		{"server_side", func(t *testing.T, ns string) { kubectl(t, ns, full, "apply", "--server-side") }},
		{"created_then_applied", func(t *testing.T, ns string) {
			kubectl(t, ns, full, "create", "--save-config")
			kubectl(t, ns, full, "apply")
		}},
		{"ours_by_force_before", func(t *testing.T, ns string) {
			kubectl(t, ns, full, "apply")
			must(t, strings.Replace(full, "web:1", "web:9", 1), apply.Options{Namespace: ns, ForceConflicts: true})
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			opts := in(t, "takeover-"+strings.ReplaceAll(test.name, "_", "-"))
			test.first(t, opts.Namespace)
			was := said(t, opts.Namespace)
			foreseen, findings := plan(t, lean, opts)
			same(t, []finding.Finding(nil), findings)
			same(t, was, said(t, opts.Namespace)) // a plan writes nothing
			set := must(t, lean, opts)
			same(t, want, said(t, opts.Namespace))
			same(t, diffs(foreseen), diffs(set))
			same(t, any(nil), field(live(t, "configmaps.v1.", opts.Namespace, "web"), "metadata", "annotations"))
			again := must(t, lean, opts)
			for _, c := range again {
				same(t, change.Unchanged, c.Action)
			}
			_, err := applier(t, server(t)).Rollback(t.Context(), set, opts)
			same(t, nil, err)
			same(t, was, said(t, opts.Namespace))
		})
	}
}

func diffs(set change.Set) []string {
	var all []string
	for _, c := range set {
		all = append(all, c.Diff())
	}
	return all
}

func TestKubectl_takes_over_from_us(t *testing.T) {
	for _, how := range [][]string{{"apply"}, {"apply", "--server-side", "--force-conflicts"}} {
		t.Run(strings.Join(how, "_"), func(t *testing.T) {
			opts := in(t, "takeover-back"+strings.Join(how, ""))
			kubectl(t, opts.Namespace, full, "apply")
			must(t, full, opts)
			kubectl(t, opts.Namespace, full, how...)
			set := must(t, lean, opts)
			same(t, 3, len(set))
			same(t, any(map[string]any{"kept": "1"}), field(live(t, "configmaps.v1.", opts.Namespace, "web"), "data"))
		})
	}
}

func TestApply_leaves_other_managers_their_fields(t *testing.T) {
	opts := in(t, "takeover-others")
	must(t, full, opts)
	kubectl(t, opts.Namespace, "", "set", "image", "deployment/web", "web=registry.example/web:by-hand")
	_, findings := refused(t, server(t), full, opts)
	same(t, 1, len(findings))
	entry := live(t, "deployments.v1.apps", opts.Namespace, "web").GetManagedFields()
	i := slices.IndexFunc(entry, func(e entryType) bool { return e.Manager == "kubectl-set" })
	want := `Deployment takeover-others/web: another manager owns what the manifest sets: .spec.template.spec.containers[name="web"].image ` +
		`is owned by "kubectl-set" since ` + entry[i].Time.UTC().Format("2006-01-02T15:04:05Z") + "."
	same(t, want, findings[0].Message)
	same(t, "Leave the fields to their owner: remove them from the manifest. Or take them over with force-conflicts: "+
		"true. "+
		"Someone changed the field by hand (kubectl set): that change is lost then.", findings[0].Fix)

	opts.TakeOverFrom = []string{"kubectl-set"}
	must(t, full, opts)
	same(t, true, cmp.Equal("registry.example/web:1",
		containerImage(live(t, "deployments.v1.apps", opts.Namespace, "web"))))
}

// What kubectl leaves on a namespace is no reason to think that the objects in it may yet be accepted.
func TestPlan_foresees_a_conflict_in_a_namespace_that_changes_hands(t *testing.T) {
	const namespace = "takeover-scaled"
	set := "{apiVersion: v1, kind: Namespace, metadata: {name: " + namespace + "}}\n---\n" + full
	kubectl(t, "default", "{apiVersion: v1, kind: Namespace, metadata: {name: "+namespace+"}}", "apply")
	kubectl(t, namespace, full, "apply")
	kubectl(t, namespace, "", "scale", "deployment/web", "--replicas", "3")
	opts := apply.Options{Namespace: namespace}
	foreseen, findings := plan(t, set, opts)
	same(t, 1, len(findings))
	same(t, finding.ApplyConflict, findings[0].Code)
	same(t, true, strings.HasSuffix(findings[0].Fix,
		"Someone scaled it by hand (kubectl scale): that number is lost then."))
	same(t, change.Unchanged, foreseen[0].Action)

	_, findings, err := applier(t, server(t)).Check(t.Context(), manifests(t, set), opts)
	same(t, nil, err)
	same(t, 1, len(findings))
}
