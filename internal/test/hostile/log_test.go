package hostile

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// evil is text that steers the runner, a terminal or the reader's eye, in every way that a log could carry it.
const evil = "x\n::stop-commands::evil\r::set-output name=verdict::ok\n " +
	"\t::add-mask::e\n##[error]evil\x1b[2J\u009b2J\u202e\u2066"

// own are the workflow commands that the program gives itself.
var own = []string{"add-mask", "group", "endgroup", "error", "warning", "notice"}

func checkLog(t *testing.T, r result) {
	t.Helper()
	for _, command := range commands(r.log()) {
		if !slices.Contains(own, command) {
			t.Errorf("the runner would obey %q", command)
		}
	}
	if i := strings.IndexAny(r.log(), "\r\x1b\u009b\u202e\u2066"); i >= 0 {
		t.Errorf("a control character is in the log: %q", r.log()[max(0, i-40):min(len(r.log()), i+40)])
	}
	if strings.Contains(r.log(), "::add-mask::e\n") {
		t.Error("a mask of others")
	}
	if t.Failed() {
		t.Logf("%q", r.log())
	}
}

// refusing answers like a registry that refuses everything with a message.
func refusing(status int, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]any{"code": "DENIED", "message": message,
			"detail": message}}})
	}
}

func TestLog_of_a_registry_that_forges_commands(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusBadRequest, http.StatusTeapot, http.StatusNotFound} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			j := newJob(t)
			r := j.run("verify", "--images", "app="+registry(t, refusing(status, evil))+"/app", "--tag", "v1")
			if r.status != 1 && r.status != 3 {
				t.Errorf("status %d", r.status)
			}
			checkLog(t, r)
		})
	}
}

// kubeconfigWithPlugin has a plugin, to be filled in, and a cluster that does not answer. Over plain HTTP no plugin
// would be asked.
const kubeconfigWithPlugin = `
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: %q, interactiveMode: Never}}}]
`

func TestLog_of_a_plugin_that_forges_commands(t *testing.T) {
	j := newJob(t)
	plugin := j.write("plugin", "#!/bin/sh\nprintf '"+strings.ReplaceAll(strings.ReplaceAll(evil, "\n", `\n`), "\r",
		`\r`)+"' >&2\nprintf '\\n::stop-commands::out\\n'\n")
	kubeconfig := j.write("kubeconfig", fmt.Sprintf(kubeconfigWithPlugin, plugin))
	j.write("kustomization.yaml", "resources: [app.yaml]\n")
	j.write("app.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\n")
	r := j.run("plan", "--kubeconfig", kubeconfig, "--images",
		"app="+registry(t, refusing(http.StatusNotFound, "none"))+"/app", "--tag", "v1")
	checkLog(t, r)
	if !strings.Contains(r.log(), "stop-commands") {
		t.Errorf("the plugin did not run:\n%s", r.log())
	}
}

// A kubeconfig may name any program. The log says which one runs, and none does where that is forbidden.
func TestPlugin_of_a_kubeconfig_is_named_and_can_be_forbidden(t *testing.T) {
	for _, forbidden := range []bool{false, true} {
		j := newJob(t)
		plugin := j.write("plugin", "#!/bin/sh\ntouch ran\n")
		kubeconfig := j.write("kubeconfig", fmt.Sprintf(kubeconfigWithPlugin, plugin))
		j.write("kustomization.yaml", "resources: [app.yaml]\n")
		j.write("app.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\n")
		args := []string{"plan", "--kubeconfig", kubeconfig, "--images",
			"app=" + registry(t, refusing(http.StatusNotFound, "none")) + "/app", "--tag", "v1"}
		status := 3
		if forbidden {
			args, status = append(args, "--kubeconfig-exec", "forbid"), 2
		}
		r := j.run(args...)
		_, err := os.Stat(filepath.Join(j.workspace, "ran"))
		if ran := err == nil; ran == forbidden || !strings.Contains(r.log(), plugin) || r.status != status {
			t.Errorf("forbidden: %t, ran: %t, status %d, want %d\n%s", forbidden, ran, r.status, status, r.log())
		}
	}
}

func TestLog_of_inputs_that_forge_commands(t *testing.T) {
	tests := []struct {
		name string
		args []string
	}{
		{"image", []string{"verify", "--images", evil + "=" + evil}},
		{"argument", []string{"verify", evil}},
		{"command", []string{evil}},
		{"flag", []string{"verify", "--" + evil}},
		{"choice", []string{"run", "--arch-policy", evil, "--images", "app=me/app"}},
		{"kustomization", []string{"rewrite", "--kustomization", evil, "--images", "app=me/app"}},
		{"report", []string{"rewrite", "--report", evil, "--images", "app=me/app"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			checkLog(t, newJob(t).run(test.args...))
		})
	}
}

func TestJSON_on_a_runner_is_no_command(t *testing.T) {
	j := newJob(t)
	r := j.run("verify", "--output", "json", "--images", "app="+registry(t, refusing(http.StatusForbidden, evil))+"/app",
		"--tag", "v1")
	checkLog(t, r)
	var report struct{ Findings []struct{ Message string } }
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil || len(report.Findings) == 0 {
		t.Errorf("standard output is no report: %v\n%s", err, r.stdout)
	}
}
