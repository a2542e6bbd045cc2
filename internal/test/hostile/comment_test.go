package hostile

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// comments is the part of GitHub's API that comments need: those of pull request 7.
type comments struct{ list []map[string]any }

func (c *comments) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var sent map[string]any
	_ = json.NewDecoder(r.Body).Decode(&sent)
	switch {
	case r.Method == http.MethodGet:
		_ = json.NewEncoder(w).Encode(c.list)
		return
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/repos/octo-org/shop/issues/7/comments"):
		sent["id"], sent["user"] = len(c.list), map[string]string{"type": "Bot"}
		c.list = append(c.list, sent)
	case r.Method == http.MethodPatch:
		for _, comment := range c.list {
			if strings.HasSuffix(r.URL.Path, "/issues/comments/"+jsonOf(comment["id"])) {
				comment["body"] = sent["body"]
			}
		}
	}
	_, _ = w.Write([]byte(`{"html_url": "https://github.com/octo-org/shop/pull/7#issuecomment-1"}`))
}

func jsonOf(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// TestComment_is_one_and_not_that_of_a_stranger: a stranger's comment with our mark could be changed by the stranger
// later.
func TestComment_is_one_and_not_that_of_a_stranger(t *testing.T) {
	stranger := map[string]any{"id": 0, "body": "<!-- multiarch-deploy \".\" -->\nall is well",
		"author_association": "NONE",
		"user":               map[string]string{"type": "User"}}
	hub := &comments{list: []map[string]any{stranger}}
	j := newJob(t)
	j.env["GITHUB_API_URL"] = "http://" + registry(t, hub.ServeHTTP)
	j.env["GITHUB_REPOSITORY"], j.env["INPUT_GITHUB-TOKEN"], j.env["INPUT_COMMENT"] = "octo-org/shop", "t0p-s3cret-token",
		"true"
	j.env["GITHUB_EVENT_PATH"] = j.write("event.json", `{"number": 7, "pull_request": {"number": 7}}`)
	for _, message := range []string{"first " + evil, "second " + evil} {
		r := j.run("verify", "--images", "app="+registry(t,
			refusing(http.StatusForbidden, message+" t0p-s3cret-token"))+"/app", "--tag", "v1")
		checkLog(t, r)
		if len(hub.list) != 2 || hub.list[0]["body"] != stranger["body"] {
			t.Fatalf("comments %q\n%s", hub.list, r.log())
		}
		body, _ := hub.list[1]["body"].(string)
		if !strings.Contains(body, "multiarch-deploy: failed") || strings.Contains(body, "t0p-s3cret-token") ||
			len(body) > 65536 {
			t.Errorf("the comment is %q", body)
		}
	}
	if summary := read(t, j.workspace+"/multiarch-deploy-summary.md"); !strings.Contains(summary,
		"multiarch-deploy: failed") {
		t.Errorf("summary %q", summary)
	}
	if output := read(t, j.env["GITHUB_OUTPUT"]); !strings.Contains(output, "multiarch-deploy-summary.md") {
		t.Errorf("outputs %q", output)
	}
}
