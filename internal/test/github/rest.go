package github

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// call is a request about a repository that the token sees.
type call struct {
	http.ResponseWriter
	request    *http.Request
	repository *Repository
	token      Token
}

// rest serves the part of the REST API that deals with branches, files, commits, pull requests and their comments.
func (h *Hub) rest() http.Handler {
	mux := http.NewServeMux()
	for pattern, route := range map[string]struct {
		kind string
		run  func(call)
	}{
		"GET /repos/{owner}/{name}":                               {"GET repository", call.show},
		"GET /repos/{owner}/{name}/git/ref/heads/{branch...}":     {"GET ref", call.ref},
		"POST /repos/{owner}/{name}/git/refs":                     {"POST ref", call.createRef},
		"PATCH /repos/{owner}/{name}/git/refs/heads/{branch...}":  {"PATCH ref", call.updateRef},
		"DELETE /repos/{owner}/{name}/git/refs/heads/{branch...}": {"DELETE ref", call.deleteRef},
		"GET /repos/{owner}/{name}/compare/{both}":                {"GET compare", call.compare},
		"GET /repos/{owner}/{name}/contents/{path...}":            {"GET contents", call.contents},
		"GET /repos/{owner}/{name}/commits":                       {"GET commits", call.commits},
		"GET /repos/{owner}/{name}/commits/{sha}":                 {"GET commit", call.commit},
		"GET /repos/{owner}/{name}/pulls":                         {"GET pulls", call.pulls},
		"POST /repos/{owner}/{name}/pulls":                        {"POST pulls", call.createPull},
		"PATCH /repos/{owner}/{name}/pulls/{number}":              {"PATCH pulls", call.updatePull},
		"GET /repos/{owner}/{name}/issues/{number}/comments":      {"GET comments", call.listComments},
		"POST /repos/{owner}/{name}/issues/{number}/comments":     {"POST comments", call.createComment},
		"PATCH /repos/{owner}/{name}/issues/comments/{id}":        {"PATCH comments", call.updateComment},
	} {
		mux.Handle(pattern, h.asked(func(w http.ResponseWriter, r *http.Request, token Token) {
			if w = h.interrupt(w, route.kind); w == nil {
				return
			}
			repository := h.seen(r.PathValue("owner")+"/"+r.PathValue("name"), token)
			if repository == nil {
				refuse(w, http.StatusNotFound, "Not Found")
				return
			}
			repository.mu.Lock()
			defer repository.mu.Unlock()
			c := call{w, r, repository, token}
			if r.Method == http.MethodGet || c.mayWrite(ofPulls(route.kind)) {
				route.run(c)
			}
		}))
	}
	return mux
}

// ofPulls: what the permission for pull requests is for, and not that for contents.
func ofPulls(kind string) bool {
	return strings.HasSuffix(kind, "pulls") || strings.HasSuffix(kind, "comments")
}

// mayWrite answers where the repository can't be written, or the token may not.
func (c call) mayWrite(pulls bool) bool {
	switch {
	case c.repository.Archived:
		refuse(c, http.StatusForbidden, "Repository was archived so is read-only.")
	case pulls && !c.token.PullRequests, !pulls && !c.token.Contents:
		refuse(c, http.StatusForbidden, "Resource not accessible by integration")
	default:
		return true
	}
	return false
}

// read decodes the body, and answers where it is none.
func (c call) read(body any) bool {
	if err := json.NewDecoder(c.request.Body).Decode(body); err != nil {
		refuse(c, http.StatusBadRequest, "Problems parsing JSON")
		return false
	}
	return true
}

func (c call) show() {
	reply(c, http.StatusOK, map[string]any{"full_name": c.repository.Name, "archived": c.repository.Archived,
		"html_url": c.repository.page})
}

// compare says how two commits are to one another, the new ones from the oldest on.
func (c call) compare() {
	base, head, _ := strings.Cut(c.request.PathValue("both"), "...")
	if c.repository.commits[base] == nil || c.repository.commits[head] == nil {
		refuse(c, http.StatusNotFound, "Not Found")
		return
	}
	ahead := []map[string]any{}
	for _, made := range slices.Backward(c.repository.between(base, head)) {
		ahead = append(ahead, c.repository.entry(made))
	}
	fork := c.repository.mergeBase(base, head)
	reply(c, http.StatusOK, map[string]any{
		"ahead_by": len(ahead), "behind_by": len(c.repository.between(head, base)), "commits": ahead,
		"merge_base_commit": map[string]any{"sha": fork}, "files": c.repository.changed(fork, head),
	})
}

// commit is one commit, with its parents.
func (c call) commit() {
	made := c.repository.commits[c.request.PathValue("sha")]
	if made == nil {
		refuse(c, http.StatusUnprocessableEntity, "No commit found for SHA: "+c.request.PathValue("sha"))
		return
	}
	entry, parents := c.repository.entry(made), []map[string]any{}
	for _, parent := range made.Parents {
		parents = append(parents, map[string]any{"sha": parent})
	}
	entry["parents"] = parents
	reply(c, http.StatusOK, entry)
}

// entry is a commit in a list.
func (r *Repository) entry(made *Commit) map[string]any {
	return map[string]any{"sha": made.SHA, "html_url": r.url("commit/%s", made.SHA),
		"commit": map[string]any{"message": made.Message}}
}

func (c call) contents() {
	made := c.repository.commits[c.request.URL.Query().Get("ref")]
	if made == nil {
		refuse(c, http.StatusNotFound, "No commit found for the ref "+c.request.URL.Query().Get("ref"))
		return
	}
	path := c.request.PathValue("path")
	content, ok := made.Files[path]
	if !ok {
		refuse(c, http.StatusNotFound, "Not Found")
		return
	}
	reply(c, http.StatusOK, map[string]any{"type": "file", "path": path, "encoding": "base64",
		"content": wrapped(content)})
}

// wrapped is base64 in lines of 60 characters, as GitHub sends it.
func wrapped(content string) string {
	text, lines := base64.StdEncoding.EncodeToString([]byte(content)), ""
	for len(text) > 60 {
		lines, text = lines+text[:60]+"\n", text[60:]
	}
	return lines + text + "\n"
}

func (c call) commits() {
	query := c.request.URL.Query()
	list := []map[string]any{}
	for _, made := range c.repository.log(query.Get("sha"), nil) {
		if path := query.Get("path"); c.repository.touched(made, path) && len(list) < 20 {
			list = append(list, c.repository.entry(made))
		}
	}
	reply(c, http.StatusOK, list)
}
