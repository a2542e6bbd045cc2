package action_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
)

// workload is a manifest of a kind that makes pods.
func workload(kind, name, image string) string {
	pod := fmt.Sprintf("{metadata: {labels: {app: %s}}, spec: {containers: [{name: c, image: %s}]}}", name, image)
	spec := fmt.Sprintf("{selector: {matchLabels: {app: %s}}, template: %s}", name, pod)
	switch kind {
	case "CronJob":
		job := strings.Replace(pod, "spec: {", "spec: {restartPolicy: Never, ", 1)
		return fmt.Sprintf("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: %s}\n"+
			"spec: {schedule: '0 0 1 1 *', jobTemplate: {spec: {template: %s}}}\n---\n", name, job)
	case "StatefulSet":
		spec = strings.Replace(spec, "{", "{serviceName: x, ", 1)
	}
	return fmt.Sprintf("apiVersion: apps/v1\nkind: %s\nmetadata: {name: %s}\nspec: %s\n---\n", kind, name, spec)
}

// fixed runs fix, and returns what became of the patches, each "action object".
func fixed(t *testing.T, args ...string) (patches []string, r report.Report) {
	t.Helper()
	r = runForReport(t, append([]string{"fix", "--output", "json"}, args...))
	for _, p := range r.Patches {
		patches = append(patches, string(p.Action)+" "+p.Object)
	}
	return patches, r
}

// tree is what is in a folder: path -> content.
func tree(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(folder, path)
		files[relative] = read(t, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestFix_makes_the_plan_clean: after it, plan under policy fail has nothing to say, and fix changes nothing.
func TestFix_makes_the_plan_clean(t *testing.T) {
	for _, test := range []struct {
		name, cluster, policy string
		files                 map[string]string
		// folder is the kustomization that is fixed.
		folder string
		want   []string
	}{
		{"every_kind", "aks", "fail", map[string]string{
			"app.yaml": workload("Deployment", "multi", "multi") + workload("Deployment", "deployment", "amd") +
				workload("StatefulSet", "stateful", "amd") + workload("DaemonSet", "daemon", "single") +
				workload("CronJob", "cron", "arm"),
			"kustomization.yaml": "resources: [app.yaml]\n"}, ".",
			[]string{"added CronJob cron", "added DaemonSet daemon", "added Deployment deployment",
				"added StatefulSet stateful"}},
		{"a_base_that_overlays_share", "aks", "fail", map[string]string{
			"base/app.yaml":           workload("Deployment", "app", "amd"),
			"base/kustomization.yaml": "resources: [app.yaml]\nnamespace: default\n",
			"prod/kustomization.yaml": "resources:\n  - ../base\nnamePrefix: prod-\nnamespace: kube-public\n"}, "prod",
			[]string{"added Deployment app"}},
		{"variants_of_one_base", "aks", "fail", map[string]string{
			"base/app.yaml":           workload("Deployment", "app", "amd"),
			"base/kustomization.yaml": "resources: [app.yaml]\n",
			"a/kustomization.yaml":    "resources: [../base]\nnamePrefix: a-\nnamespace: default\n",
			"b/kustomization.yaml":    "resources: [../base]\nnamePrefix: b-\nnamespace: kube-public\n",
			"all/kustomization.yaml":  "resources: [../a, ../b]\nnameSuffix: -x\n"}, "all",
			[]string{"added Deployment a-app", "added Deployment kube-public/app"}},
		{"one_name_in_two_namespaces", "aks", "fail", map[string]string{
			"app.yaml": strings.ReplaceAll(workload("Deployment", "app", "amd")+workload("Deployment", "app2", "amd"),
				"{name: app2}", "{name: app, namespace: kube-public}"),
			"kustomization.yaml": "resources: [app.yaml]\n"}, ".",
			[]string{"added Deployment default/app", "added Deployment kube-public/app"}},
		{"behind_a_taint", "gke", "fail", map[string]string{
			"app.yaml":           workload("Deployment", "arm", "arm") + workload("Deployment", "multi", "multi"),
			"kustomization.yaml": "resources: [app.yaml]\n"}, ".", []string{"added Deployment arm"}},
		{"spread", "gke", "spread", map[string]string{
			"app.yaml":           workload("Deployment", "multi", "multi"),
			"kustomization.yaml": "resources: [app.yaml]\n"}, ".", []string{"added Deployment multi"}},
		{"beside_patches_of_the_user", "aks", "fail", map[string]string{
			"app.yaml": workload("Deployment", "app", "amd"),
			"kustomization.yaml": "resources: [app.yaml]\npatchesStrategicMerge:\n- old.yaml\n" +
				"patches:\n- patch: |-\n    - {op: add, path: /spec/replicas, value: 3}\n  target: {kind: Deployment}\n",
			"old.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\nspec: {paused: false}\n"}, ".",
			[]string{"added Deployment app"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cluster := sharedCluster(t, test.cluster)
			pushImages(t, cluster.Registry, "fix", fixImages)
			repo := repository(t, withImages(test.files, cluster.Registry+"/fix"))
			before := tree(t, repo)
			args := []string{"--kubeconfig", cluster.Kubeconfig, "--kustomization", filepath.Join(repo, test.folder),
				"--arch-policy", test.policy}
			patches, _ := fixed(t, args...)
			if diff := cmp.Diff(test.want, patches); diff != "" {
				t.Error(diff)
			}
			after := tree(t, repo)
			t.Log(after[filepath.Join(test.folder, "arch-patches.yaml")])
			kustomization, file := filepath.Join(test.folder, "kustomization.yaml"),
				filepath.Join(test.folder, "arch-patches.yaml")
			for path, content := range after {
				if path != kustomization && path != file && content != before[path] {
					t.Errorf("%s was changed", path)
				}
			}
			if !strings.HasPrefix(after[kustomization], before[kustomization]) {
				t.Errorf("the kustomization was changed otherwise than at its end:\n%s", after[kustomization])
			}
			plan := runForReport(t, slices.Concat([]string{"plan", "--output", "json", "--tag", "v1"},
				usedImages(test.files, cluster.Registry+"/fix"),
				args))
			notice := func(f finding.Finding) bool { return f.Code == finding.KustomizeNotice }
			if plan.Findings = slices.DeleteFunc(plan.Findings, notice); plan.Verdict == report.Failed ||
				len(plan.Findings) > 0 {
				t.Errorf("the plan is %s: %+v %s", plan.Verdict, plan.Findings, plan.Error)
			}
			again, _ := fixed(t, args...)
			for i, p := range test.want {
				test.want[i] = strings.Replace(p, "added", "unchanged", 1)
			}
			if diff := cmp.Diff(test.want, again) + cmp.Diff(after, tree(t, repo)); diff != "" {
				t.Error("the second time it changes something", diff)
			}
		})
	}
}

var fixImages = map[string]madeImage{
	"multi":  {Platforms: []string{"linux/amd64", "linux/arm64"}},
	"amd":    {Platforms: []string{"linux/amd64"}},
	"arm":    {Platforms: []string{"linux/arm64"}},
	"single": {Platforms: []string{"linux/amd64"}, Single: true},
}

// usedImages are the flags for the images that files use.
func usedImages(files map[string]string, registry string) (flags []string) {
	for name, made := range fixImages {
		for _, content := range files {
			if strings.Contains(content, "image: "+name+"}") {
				flags = append(flags, "--images", fmt.Sprintf("%s/%s=%[1]s/%[2]s platforms=%s", registry, name,
					strings.Join(made.Platforms, ",")))
				break
			}
		}
	}
	return flags
}

// withImages puts the addresses of images in the place of their names.
func withImages(files map[string]string, registry string) map[string]string {
	files = maps.Clone(files)
	for path, content := range files {
		for name := range fixImages {
			content = strings.ReplaceAll(content, "image: "+name+"}", "image: '"+registry+"/"+name+":v1'}")
		}
		files[path] = content
	}
	return files
}

// TestFix_takes_away_what_is_needless and nothing that may be needed.
func TestFix_updates_its_own_file(t *testing.T) {
	cluster := sharedCluster(t, "aks")
	pushImages(t, cluster.Registry, "fix", fixImages)
	pushImages(t, cluster.Registry, "fix-later", map[string]madeImage{"amd": fixImages["multi"]})
	for _, test := range []struct {
		name string
		// change is made between two fixes of a kustomization with the workloads app and other, whose image is amd.
		change map[string]string
		want   []string
	}{
		{"nothing", nil, []string{"unchanged Deployment app", "unchanged Deployment other"}},
		{"an_image_for_both", map[string]string{"app.yaml": workload("Deployment", "app", "multi") +
			workload("Deployment", "other", "amd")}, []string{"removed Deployment app", "unchanged Deployment other"}},
		{"a_workload_that_is_gone", map[string]string{"app.yaml": workload("Deployment", "other", "amd")},
			[]string{"removed Deployment app", "unchanged Deployment other"}},
		{"all_are_for_both", map[string]string{"app.yaml": workload("Deployment", "app", "multi") +
			workload("Deployment", "other", "multi")}, []string{"removed Deployment app", "removed Deployment other"}},
		{"a_selector_of_the_user", map[string]string{"app.yaml": strings.Replace(workload("Deployment", "app", "amd"),
			"spec: {containers", "spec: {nodeSelector: {kubernetes.io/arch: amd64}, containers", 1) +
			workload("Deployment", "other", "amd")}, []string{"removed Deployment app", "unchanged Deployment other"}},
		{"an_image_that_can_not_be_read", map[string]string{"app.yaml": strings.Replace(workload("Deployment", "app", "amd"),
			"image: amd", "image: 'localhost:1/amd:v1'", 1) + workload("Deployment", "other", "amd")},
			[]string{"kept Deployment app", "unchanged Deployment other"}},
		{"another_architecture", map[string]string{"app.yaml": workload("Deployment", "app", "arm") +
			workload("Deployment", "other", "amd")}, []string{"updated Deployment app", "unchanged Deployment other"}},
		{"an_edit_of_the_file", map[string]string{"arch-patches.yaml": "# Made by `multiarch-deploy fix`.\r\n\r\n"},
			[]string{"added Deployment app", "added Deployment other"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			original := withImages(map[string]string{
				"app.yaml":           workload("Deployment", "app", "amd") + workload("Deployment", "other", "amd"),
				"kustomization.yaml": "# mine\r\nresources: [app.yaml]\r\n"}, cluster.Registry+"/fix")
			repo := repository(t, original)
			args := []string{"--kubeconfig", cluster.Kubeconfig, "--kustomization", repo}
			if first, _ := fixed(t, args...); len(first) != 2 {
				t.Fatal(first)
			}
			for path, content := range withImages(test.change, cluster.Registry+"/fix") {
				write(t, filepath.Join(repo, path), content)
			}
			got, _ := fixed(t, args...)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			files := tree(t, repo)
			removed := !slices.ContainsFunc(test.want, func(s string) bool { return !strings.HasPrefix(s, "removed") })
			if removed && (files["kustomization.yaml"] != original["kustomization.yaml"] || files["arch-patches.yaml"] != "") {
				t.Errorf("something is left: %q", files)
			}
			if strings.Contains(strings.ReplaceAll(files["arch-patches.yaml"], "\r\n", ""), "\n") {
				t.Errorf("line ends differ: %q", files["arch-patches.yaml"])
			}
		})
	}
}

// TestFix_keeps_a_pin_while_a_pool_is_empty: the nodes that a pin keeps a workload from may be back tomorrow.
func TestFix_keeps_a_pin_while_a_pool_is_empty(t *testing.T) {
	cluster := sharedCluster(t, "aks")
	pushImages(t, cluster.Registry, "fix", fixImages)
	nodes := filepath.Join(t.TempDir(), "nodes.yaml")
	write(t, nodes, "pools: [{name: amd64, nodes: [alone], architecture: amd64}]\n")
	alone, err := localcluster.Start(t.Context(), localcluster.Options{NodesFile: nodes})
	if err != nil {
		t.Fatal(err)
	}
	defer alone.Stop()
	repo := repository(t, withImages(map[string]string{"app.yaml": workload("Deployment", "app", "amd"),
		"kustomization.yaml": "resources: [app.yaml]\n"}, cluster.Registry+"/fix"))
	for _, step := range []struct {
		kubeconfig string
		want       []string
	}{{cluster.Kubeconfig, []string{"added Deployment app"}}, {alone.Kubeconfig, []string{"kept Deployment app"}}} {
		got, _ := fixed(t, "--kubeconfig", step.kubeconfig, "--kustomization", repo)
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// TestFix_says_that_no_patch_is_needed, and leaves the kustomization alone.
func TestFix_says_that_no_patch_is_needed(t *testing.T) {
	cluster := sharedCluster(t, "aks")
	pushImages(t, cluster.Registry, "fix", fixImages)
	repo := repository(t, withImages(map[string]string{"app.yaml": workload("Deployment", "app", "multi"),
		"kustomization.yaml": "resources: [app.yaml]\n"}, cluster.Registry+"/fix"))
	before := tree(t, repo)
	status, output := start(t, []string{"fix", "--kubeconfig", cluster.Kubeconfig, "--kustomization", repo})
	if want := "\nok: no patch is needed\n"; status != 0 || !strings.Contains(output, want) {
		t.Errorf("status %d, no %q in\n%s", status, want, output)
	}
	if diff := cmp.Diff(before, tree(t, repo)); diff != "" {
		t.Error("something was written", diff)
	}
}

// TestFix_refuses what would be lost, or would not be what was planned.
func TestFix_refuses(t *testing.T) {
	cluster := sharedCluster(t, "aks")
	pushImages(t, cluster.Registry, "fix", fixImages)
	ours := "# Made by `multiarch-deploy fix`.\n\n"
	for _, test := range []struct {
		name  string
		files map[string]string
		link  string
		want  string
	}{
		{"a_file_of_another", map[string]string{"arch-patches.yaml": "apiVersion: v1\n"}, "",
			"arch-patches.yaml is not a file of the command fix: it does not begin with \"# Made by `multiarch-deploy fix`\"; " +
				"rename it"},
		{"a_broken_file", map[string]string{"arch-patches.yaml": ours + "# why\nkind: [\n"}, "",
			"arch-patches.yaml:1: the patch that begins here cannot be read"},
		{"a_link", nil, "arch-patches.yaml", "is a link, a folder or otherwise no file of patches; remove it"},
		{"a_link_to_the_kustomization", nil, "kustomization.yaml", "and the patches must be beside the file itself"},
		{"listed_in_the_older_field", map[string]string{"arch-patches.yaml": ours,
			"kustomization.yaml": "resources: [app.yaml]\npatchesStrategicMerge: [arch-patches.yaml]\n"}, "",
			"kustomization.yaml:2: arch-patches.yaml is listed under patchesStrategicMerge too; list it under patches alone"},
		{"a_replacement_that_comes_later", map[string]string{"kustomization.yaml": "resources: [app.yaml]\nreplacements:\n" +
			"- source: {kind: Deployment, fieldPath: metadata.name}\n  targets:\n  - select: {kind: Deployment}\n" +
			"    fieldPaths: [\"spec.template.spec.nodeSelector.[kubernetes.io/arch]\"]\n    options: {create: true}\n"}, "",
			"app could land nowhere"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"app.yaml": workload("Deployment", "app", "amd"),
				"kustomization.yaml": "resources: [app.yaml]\n"}
			maps.Copy(files, test.files)
			repo := repository(t, withImages(files, cluster.Registry+"/fix"))
			if test.link != "" {
				target := filepath.Join(repo, "elsewhere.yaml")
				write(t, target, files[test.link])
				_ = os.Remove(filepath.Join(repo, test.link))
				if err := os.Symlink(target, filepath.Join(repo, test.link)); err != nil {
					t.Fatal(err)
				}
			}
			before := tree(t, repo)
			status, output := start(t, []string{"fix", "--kubeconfig", cluster.Kubeconfig, "--kustomization", repo})
			if status != 1 || !strings.Contains(output, test.want) {
				t.Errorf("status %d, no %q in\n%s", status, test.want, output)
			}
			if diff := cmp.Diff(before, tree(t, repo)); diff != "" {
				t.Error("something was written", diff)
			}
		})
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
