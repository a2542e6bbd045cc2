package kustomize_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
)

// fakeGit records beside itself that it was started, with what, and in which environment. It is the only program on
// the PATH.
const fakeGit = "#!/bin/sh\necho \"$@\" >> MARKER\nset >> MARKER\n"

const app = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\n" +
	"spec: {template: {spec: {containers: [{name: app, image: registry/app}]}}}\n"

// evil is an address for which git runs a command of the attacker's.
const evil = "file:///tmp/x?ref=--upload-pack=touch /tmp/owned"

// attack is a repository of an adversary's.
type attack struct {
	name string
	// files are those beside app.yaml. SERVER is the address of an HTTP server that must not be asked. A content that
	// begins with "-> " is a link.
	files map[string]string
	want  string // a part of the error
}

const (
	isComponent = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
	inBase      = "resources: [app.yaml, base]\n"
	refused     = "remote-resources: true"
)

var attacks = []attack{
	{"merge_key_in_the_root", map[string]string{"kustomization.yaml": "<<: {resources: [app.yaml, '" + evil + "']}\n"},
		refused},
	{"merge_key_in_a_base", map[string]string{"kustomization.yaml": inBase,
		"base/kustomization.yaml": "<<: {resources: ['" + evil + "']}\n"}, refused},
	{"merge_key_in_components", map[string]string{"kustomization.yaml": "resources: [app.yaml]\n<<: {components: ['" +
		evil + "']}\n"}, refused},
	{"merge_key_in_a_component", map[string]string{"kustomization.yaml": "resources: [app.yaml]\ncomponents: [part]\n",
		"part/kustomization.yaml": isComponent + "<<: {resources: ['" + evil + "']}\n"}, refused},
	{"merge_key_in_generators", map[string]string{"kustomization.yaml": "resources: [app.yaml]\n<<: {generators: ['" +
		evil + "']}\n"}, refused},
	{"merge_key_in_transformers", map[string]string{"kustomization.yaml": "resources: [app.yaml]\n<<: {transformers: ['" +
		evil + "']}\n"}, refused},
	{"merge_key_in_validators", map[string]string{"kustomization.yaml": "resources: [app.yaml]\n<<: {validators: ['" +
		evil + "']}\n"}, refused},
	{"merge_key_of_an_alias", map[string]string{"kustomization.yaml": "commonAnnotations: &a\n  resources: '" + evil +
		"'\nresources: [app.yaml]\n<<: {bases: ['" + evil + "']}\n"}, refused},
	{"base_whose_kustomization_is_a_link", map[string]string{"kustomization.yaml": inBase,
		"base/kustomization.yaml": "-> k.txt",
		"base/k.txt":              "resources: ['" + evil + "']\n"}, refused},
	{"address_that_ends_in_a_line_break", map[string]string{"kustomization.yaml": "resources:\n- app.yaml\n- |\n  " +
		evil + "\n"}, refused},
	{"address_that_begins_with_a_line_break",
		map[string]string{"kustomization.yaml": "resources:\n- app.yaml\n- \"github.com/a/b\\n?ref=--upload-pack=x\"\n"},
		refused},
	{"address_in_capitals", map[string]string{"kustomization.yaml": "RESOURCES: [app.yaml, " +
		"'FILE:///tmp/x?ref=--upload-pack=x']\n"}, refused},
	{"address_with_git_prefix", map[string]string{"kustomization.yaml": "resources: [app.yaml, " +
		"'git::file:///tmp/x?ref=--upload-pack=x']\n"}, refused},
	{"address_in_a_tagged_value", map[string]string{"kustomization.yaml": "resources: [app.yaml, !!binary " +
		"Z2l0aHViLmNvbS9hL2I=]\n"}, ""},
	{"address_over_scp", map[string]string{"kustomization.yaml": "resources: [app.yaml, " +
		"'git@example.invalid:a/b?ref=-x']\n"}, refused},
	{"generator_file_with_an_escaped_api_version",
		map[string]string{"kustomization.yaml": "resources: [app.yaml]\ngenerators: [g.yaml]\n",
			"g.yaml": "apiVersion: \"built\\u0069n\"\nkind: ConfigMapGenerator\nmetadata: {name: g}\nfiles: ['a=SERVER/x']\n"},
		refused},
	{"inline_generator_with_an_escaped_api_version",
		map[string]string{"kustomization.yaml": "resources: [app.yaml]\ngenerators:\n- |-\n" +
			"  apiVersion: \"built\\u0069n\"\n  kind: ConfigMapGenerator\n  metadata: {name: g}\n  files: ['a=SERVER/x']\n"},
		refused},
	{"generator_in_a_list", map[string]string{"kustomization.yaml": "resources: [app.yaml]\ngenerators: [g.yaml]\n",
		"g.yaml": "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: builtin, kind: ConfigMapGenerator, metadata: {name: " +
			"g}, files: ['a=SERVER/x']}\n"}, refused},
	{"generator_whose_files_a_patch_adds", map[string]string{"kustomization.yaml": "resources: [app.yaml]\ngenerators: " +
		"[gen]\n",
		"gen/kustomization.yaml": "resources: [g.yaml]\npatches:\n- target: {kind: ConfigMapGenerator}\n  patch: |-\n    - " +
			"{op: add, path: /files, value: ['a=SERVER/x']}\n",
		"gen/g.yaml": "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: g}\n"}, refused},
	{"env_file_of_a_secret", map[string]string{"kustomization.yaml": "resources: [app.yaml]\n<<: {secretGenerator: " +
		"[{name: s, envs: ['SERVER/x']}]}\n"}, refused},
	{"open_api_schema", map[string]string{"kustomization.yaml": "resources: [app.yaml]\n<<: {openapi: {path: " +
		"'SERVER/x'}}\n"}, refused},
	{"transformer_configuration", map[string]string{"kustomization.yaml": "resources: [app.yaml]\n<<: {configurations: " +
		"['SERVER/x']}\n"}, refused},
	{"definitions", map[string]string{"kustomization.yaml": "resources: [app.yaml]\n<<: {crds: ['SERVER/x']}\n"}, refused},
	{"replacements", map[string]string{"kustomization.yaml": "resources: [app.yaml]\n<<: {replacements: [{path: " +
		"'SERVER/x'}]}\n"}, refused},
	{"exec_function_in_an_annotation", map[string]string{"kustomization.yaml": "resources: [app.yaml]\ntransformers: " +
		"[t.yaml]\n",
		"t.yaml": "apiVersion: x/v1\nkind: T\nmetadata:\n  name: t\n  annotations:\n" +
			"    config.kubernetes.io/function: |\n " +
			"     exec: {path: git}\n"}, "only kustomize's built-in plugins run here"},
	{"container_function_in_an_annotation",
		map[string]string{"kustomization.yaml": "resources: [app.yaml]\ngenerators: [t.yaml]\n",
			"t.yaml": "apiVersion: x/v1\nkind: T\nmetadata:\n  name: t\n  annotations:\n" +
				"    config.kubernetes.io/function: |\n " +
				"     container: {image: x}\n"}, "only kustomize's built-in plugins run here"},
	{"helm_chart", map[string]string{"kustomization.yaml": "resources: [app.yaml]\nhelmCharts: [{name: x, repo: " +
		"'SERVER'}]\n"}, "helm charts are not rendered here"},
	{"helm_chart_in_a_generator", map[string]string{"kustomization.yaml": "resources: [app.yaml]\ngenerators: [g.yaml]\n",
		"g.yaml": "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: g}\nname: x\nrepo: SERVER\n"},
		"helm charts are not rendered here"},
	{"file_outside_the_root", map[string]string{"kustomization.yaml": "resources: [app.yaml]\nconfigMapGenerator: " +
		"[{name: x, files: [../outside.txt]}]\n"}, "outside"},
	{"link_out_of_the_root", map[string]string{"kustomization.yaml": "resources: [app.yaml]\nconfigMapGenerator: " +
		"[{name: x, files: [link]}]\n",
		"link": "-> ../outside.txt"}, "outside"},
	{"kustomization_that_links_out_of_the_root",
		map[string]string{"kustomization.yaml": inBase, "base/kustomization.yaml": "-> ../../outside.txt"}, ""},
}

// A program on the PATH is started for nothing that a repository contains, and no server is asked.
func TestFiles_of_the_repository_start_nothing(t *testing.T) {
	for _, test := range attacks {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text, ran, asked := try(t, test.files)
			if ran != "" || asked {
				t.Errorf("git was started with %q, a server was asked: %t", ran, asked)
			}
			if text == "" || !strings.Contains(text, test.want) {
				t.Errorf("the error has no %q:\n%s", test.want, text)
			}
		})
	}
}

// With remote-resources, git is given nothing but addresses of https and ssh, and no options.
func TestRemote_resources_give_git_no_options(t *testing.T) {
	for _, test := range []struct{ name, address, refused string }{
		{"local_repository", "file:///tmp/x", "file:///tmp/x"},
		{"local_repository_and_an_option", evil, "file:///tmp/x"},
		{"option_as_ref", "https://example.invalid/a/b?ref=--upload-pack=x", "--upload-pack=x"},
		{"option_as_version", "https://example.invalid/a/b?version=-x", "-x"},
		{"plain_http", "http://example.invalid/a/b.git", "http://example.invalid/a/b.git"},
		{"option_as_host", "ssh://-oProxyCommand=x/a/b", "-oProxyCommand"},
		{"other_transport", "git@ext::sh -c x/a:b/c", "git@ext:"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"kustomization.yaml": "resources: [app.yaml]\ncomponents: ['" + test.address + "']\n"}
			text, ran, _ := try(t, files, "--remote-resources")
			if strings.Contains(ran, test.refused) || text == "" {
				t.Errorf("git was started with %q, and the error is %q", ran, text)
			}
		})
	}
}

// jobSecrets are in the environment of each attacked run.
var jobSecrets = []string{"GITHUB_TOKEN=precious", "GH_TOKEN=precious", "INPUT_GITHUB-TOKEN=precious",
	"ACTIONS_ID_TOKEN_REQUEST_TOKEN=precious", "ACTIONS_RUNTIME_TOKEN=precious", "DB_PASSWORD=precious"}

// With remote-resources, nothing is fetched over plain HTTP, on which anybody on the way could change it.
func TestRemote_resources_are_not_fetched_over_plain_HTTP(t *testing.T) {
	files := map[string]string{"kustomization.yaml": "resources:\n- app.yaml\n- SERVER/x.yaml\n"}
	text, _, asked := try(t, files, "--remote-resources")
	if asked || !strings.Contains(text, "kustomization.yaml:3: http://") || !strings.Contains(text, "plain HTTP") {
		t.Errorf("the server was asked: %t, and the error is %s", asked, text)
	}
}

// With remote-resources, git does get what it may fetch, past the gate and with no secret of the job.
func TestRemote_resources_are_fetched_with_git(t *testing.T) {
	for _, test := range []struct{ name, address, want string }{
		{"https", "https://example.invalid/a/b.git?ref=v1", "fetch --depth=1 -- https://example.invalid/a/b.git v1"},
		{"ssh", "git@example.invalid:a/b.git?ref=v1", "fetch --depth=1 -- git@example.invalid:a/b.git v1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"kustomization.yaml": "resources: [app.yaml]\ncomponents: ['" + test.address + "']\n"}
			text, ran, _ := try(t, files, "--remote-resources")
			if !strings.Contains(ran, test.want) || strings.Contains(ran, "precious") {
				t.Errorf("git was started with %q: %s", ran, text)
			}
		})
	}
}

// try renders a repository through the program. It returns the program's error, what git was started with, and whether
// a server was asked.
func try(t *testing.T, files map[string]string, args ...string) (text, ran string, asked bool) {
	t.Helper()
	dir := t.TempDir()
	server := listen(t)
	writeFile(t, filepath.Join(dir, "outside.txt"), "secret: x\n")
	writeFile(t, filepath.Join(dir, "repo", "app.yaml"), app)
	for name, content := range files {
		writeFile(t, filepath.Join(dir, "repo", name),
			strings.ReplaceAll(content, "SERVER", "http://"+server.Addr().String()))
	}
	marker := filepath.Join(dir, "marker")
	writeFile(t, filepath.Join(dir, "bin", "git"), strings.ReplaceAll(fakeGit, "MARKER", marker))
	command := exec.Command(programs.Path(t), append([]string{"rewrite", "--dry-run", "--images",
		"registry/app=ghcr.io/x/app tag=v1"}, args...)...)
	command.Dir = filepath.Join(dir, "repo")
	command.Env = append([]string{"PATH=" + filepath.Join(dir, "bin"), "HOME=" + dir}, jobSecrets...)
	output, err := command.CombinedOutput()
	if err != nil {
		text = string(output)
	}
	content, _ := os.ReadFile(marker)
	return text, string(content), server.asked()
}

func writeFile(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if link, isLink := strings.CutPrefix(content, "-> "); isLink {
		if err := os.Symlink(link, path); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}

// listener is a server that notes that somebody came.
type listener struct {
	net.Listener
	came chan struct{}
}

func listen(t *testing.T) listener {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inner.Close() })
	l := listener{inner, make(chan struct{}, 100)}
	go func() {
		for {
			connection, err := inner.Accept()
			if err != nil {
				return
			}
			l.came <- struct{}{}
			_ = connection.Close()
		}
	}()
	return l
}

func (l listener) asked() bool { return len(l.came) > 0 }
