package hostile

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const password = `hunter2/"quoted"&+hunter2`

// checkSecret looks for a secret in everything that a run leaves behind. Masks are the runner's own.
func checkSecret(t *testing.T, j *job, r result, secret string) {
	t.Helper()
	var log []string
	for line := range strings.Lines(r.log()) {
		if !strings.HasPrefix(line, "::add-mask::") {
			log = append(log, line)
		}
	}
	quoted, _ := json.Marshal(secret)
	for name, text := range map[string]string{
		"log": strings.Join(log, ""), "report": read(t, filepath.Join(j.workspace, "multiarch-deploy-report.json")),
		"summary": read(t, j.env["GITHUB_STEP_SUMMARY"]), "output": read(t, j.env["GITHUB_OUTPUT"]),
	} {
		if strings.Contains(text, secret) || strings.Contains(text, strings.Trim(string(quoted), `"`)) {
			t.Errorf("the %s has %q:\n%s", name, secret, text)
		}
	}
}

func TestSecret_that_a_registry_echoes(t *testing.T) {
	j := newJob(t)
	j.env["INPUT_REGISTRY-USERNAME"], j.env["INPUT_REGISTRY-PASSWORD"] = "me", password
	var sent string
	host := registry(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		sent = r.Header.Get("Authorization")
		_, plain, _ := r.BasicAuth()
		escaped := strings.ToLower(url.QueryEscape(plain))
		refusing(http.StatusForbidden, "refused "+sent+" of "+plain+strconv.Quote(plain)+html.EscapeString(plain)+escaped+
			" at https://me:"+plain+"@registry")(w, r)
	})
	r := j.run("verify", "--images", "app="+host+"/app", "--tag", "v1")
	if sent == "" {
		t.Fatalf("nothing was sent: %s", r.log())
	}
	checkSecret(t, j, r, password)
	checkSecret(t, j, r, "hunter2")
	checkSecret(t, j, r, strings.TrimPrefix(sent, "Basic "))
}

func TestSecret_in_the_address_of_a_cluster(t *testing.T) {
	j := newJob(t)
	kubeconfig := j.write("kubeconfig", `
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c}}]
clusters: [{name: c, cluster: {server: "http://admin:hunter2hunter2@127.0.0.1:1"}}]
`)
	j.write("kustomization.yaml", "resources: [app.yaml]\n")
	j.write("app.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\n")
	r := j.run("plan", "--kubeconfig", kubeconfig, "--images",
		"app="+registry(t, refusing(http.StatusNotFound, "none"))+"/app", "--tag", "v1")
	if r.status != 3 {
		t.Errorf("status %d, want 3\n%s", r.status, r.log())
	}
	checkSecret(t, j, r, "hunter2hunter2")
}

func TestMasks_hide_no_brace_and_no_letter(t *testing.T) {
	j := newJob(t)
	j.env["INPUT_SECRETS"] = "\"key={\n  \"\"private\"\": \"\"t0p-s3cret\"\"\n}\"\nletter=a"
	j.env["INPUT_MODE"], j.env["INPUT_BUILDER"] = "build", "tcp://127.0.0.1:1"
	r := j.run("verify", "--images", "app="+registry(t, refusing(http.StatusNotFound, "none"))+"/app", "--tag", "v1")
	var masks []string
	for line := range strings.Lines(r.log()) {
		if mask, found := strings.CutPrefix(strings.TrimSpace(line), "::add-mask::"); found {
			masks = append(masks, mask)
		}
	}
	if len(masks) != 1 || masks[0] != `"private": "t0p-s3cret"` {
		t.Errorf("masks %q\n%s", masks, r.log())
	}
}
