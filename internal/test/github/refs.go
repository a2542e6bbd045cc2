package github

import (
	"net/http"
	"regexp"
	"strings"
)

func (c call) ref() {
	branch := c.request.PathValue("branch")
	sha, ok := c.repository.refs[branch]
	if !ok {
		refuse(c, http.StatusNotFound, "Not Found")
		return
	}
	c.replyRef(http.StatusOK, branch, sha)
}

func (c call) replyRef(status int, branch, sha string) {
	reply(c, status, map[string]any{"ref": "refs/heads/" + branch,
		"object": map[string]string{"type": "commit", "sha": sha}})
}

// badName follows https://git-scm.com/docs/git-check-ref-format
var badName = regexp.MustCompile(`[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^/|/$|\.$|\.lock(/|$)|(^|/)\.`)

func (c call) createRef() {
	var body struct{ Ref, SHA string }
	if !c.read(&body) {
		return
	}
	branch, ok := strings.CutPrefix(body.Ref, "refs/heads/")
	_, taken := c.repository.refs[branch]
	switch {
	case !ok || badName.MatchString(branch):
		refuse(c, http.StatusUnprocessableEntity, body.Ref+" is not a valid ref name.")
	case c.repository.commits[body.SHA] == nil:
		refuse(c, http.StatusUnprocessableEntity, "Object does not exist")
	case taken:
		refuse(c, http.StatusUnprocessableEntity, "Reference already exists")
	case c.repository.inTheWay(branch):
		refuse(c, http.StatusUnprocessableEntity, "Reference update failed")
	default:
		c.repository.pushBy(c.token, branch, body.SHA)
		c.replyRef(http.StatusCreated, branch, body.SHA)
	}
}

// inTheWay: a branch is a file in git's folder of refs, so it can't be a folder too.
func (r *Repository) inTheWay(branch string) bool {
	for other := range r.refs {
		if strings.HasPrefix(other, branch+"/") || strings.HasPrefix(branch, other+"/") {
			return true
		}
	}
	return false
}

func (c call) updateRef() {
	var body struct {
		SHA   string
		Force bool
	}
	if !c.read(&body) {
		return
	}
	branch := c.request.PathValue("branch")
	old, ok := c.repository.refs[branch]
	switch {
	case !ok:
		refuse(c, http.StatusUnprocessableEntity, "Reference does not exist")
	case c.repository.commits[body.SHA] == nil:
		refuse(c, http.StatusUnprocessableEntity, "Object does not exist")
	case c.repository.Protected[branch] != "":
		refuse(c, http.StatusUnprocessableEntity, "Repository rule violations found\n\nChanges must be made through a pull "+
			"request.\n\n")
	case !body.Force && len(c.repository.between(body.SHA, old)) > 0:
		refuse(c, http.StatusUnprocessableEntity, "Update is not a fast forward")
	default:
		c.repository.pushBy(c.token, branch, body.SHA)
		c.replyRef(http.StatusOK, branch, body.SHA)
	}
}

func (c call) deleteRef() {
	branch := c.request.PathValue("branch")
	if _, ok := c.repository.refs[branch]; !ok {
		refuse(c, http.StatusUnprocessableEntity, "Reference does not exist")
		return
	}
	delete(c.repository.refs, branch)
	for _, p := range c.repository.pulls {
		if p.Head.Ref == branch {
			p.State = "closed"
		}
	}
	c.WriteHeader(http.StatusNoContent)
}

// pushBy is a push with a token. One with a job's own starts no workflow:
// https://docs.github.com/actions/concepts/security/github_token
func (r *Repository) pushBy(token Token, branch, sha string) {
	r.push(branch, sha)
	if !token.App {
		r.pushes = r.pushes[:len(r.pushes)-1]
	}
}
