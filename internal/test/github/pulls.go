package github

import (
	"net/http"
	"strconv"
	"strings"
)

func (c call) pulls() {
	query := c.request.URL.Query()
	list := []*Pull{}
	for _, p := range c.repository.pulls {
		if head := c.owner() + ":" + p.Head.Ref; p.State == query.Get("state") && head == query.Get("head") &&
			p.Base.Ref == query.Get("base") {
			list = append(list, p)
		}
	}
	reply(c, http.StatusOK, list)
}

func (c call) owner() string {
	owner, _, _ := strings.Cut(c.repository.Name, "/")
	return owner
}

// bodyLimit is what GitHub takes as the text of a pull request.
const bodyLimit = 65536

func (c call) createPull() {
	var body struct{ Title, Body, Head, Base string }
	if !c.read(&body) {
		return
	}
	r := c.repository
	problem := func(field, code, message string) {
		refuse(c, http.StatusUnprocessableEntity, "Validation Failed",
			map[string]string{"resource": "PullRequest", "field": field, "code": code, "message": message})
	}
	switch {
	case !c.token.App && !r.ActionsMayOpen:
		refuse(c, http.StatusForbidden, "GitHub Actions is not permitted to create or approve pull requests.")
	case r.refs[body.Base] == "":
		problem("base", "invalid", "")
	case r.refs[body.Head] == "":
		problem("head", "invalid", "")
	case body.Title == "":
		problem("title", "missing_field", "")
	case len([]rune(body.Body)) > bodyLimit:
		problem("body", "custom", "body is too long (maximum is 65536 characters)")
	case len(r.between(r.refs[body.Base], r.refs[body.Head])) == 0:
		problem("", "custom", "No commits between "+body.Base+" and "+body.Head)
	case r.find(body.Head, body.Base) != nil:
		problem("", "custom", "A pull request already exists for "+c.owner()+":"+body.Head+".")
	default:
		p := &Pull{Number: len(r.pulls) + 1, State: "open", Title: body.Title, Body: body.Body, Head: Ref{body.Head},
			Base: Ref{body.Base}}
		p.URL = r.url("pull/%d", p.Number)
		r.pulls = append(r.pulls, p)
		reply(c, http.StatusCreated, p)
	}
}

func (c call) updatePull() {
	number, err := strconv.Atoi(c.request.PathValue("number"))
	if err != nil || number < 1 || number > len(c.repository.pulls) {
		refuse(c, http.StatusNotFound, "Not Found")
		return
	}
	p := c.repository.pulls[number-1]
	body := struct{ Title, Body *string }{&p.Title, &p.Body}
	if c.read(&body) {
		reply(c, http.StatusOK, p)
	}
}
