package github

import (
	"net/http"
	"slices"
	"strconv"
)

// Comment is one of a pull request's.
type Comment struct {
	ID   int    `json:"id"`
	Body string `json:"body"`
	User User   `json:"user"`
	// Association is what the author is to the repository, such as "MEMBER" and "NONE".
	Association string `json:"author_association"`
	URL         string `json:"html_url"`

	number int
}

// User is somebody's account: Type is "User" or "Bot".
type User struct {
	Login string `json:"login"`
	Type  string `json:"type"`
}

// Comments are those of a pull request.
func (r *Repository) Comments(number int) []Comment {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []Comment
	for _, c := range r.comments {
		if c.number == number {
			list = append(list, *c)
		}
	}
	return list
}

// Comment writes a comment, as a person does.
func (r *Repository) Comment(number int, login, association, body string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.comment(number, User{login, "User"}, association, body)
}

func (r *Repository) comment(number int, by User, association, body string) *Comment {
	c := &Comment{ID: len(r.comments) + 1, Body: body, User: by, Association: association, number: number}
	c.URL = r.url("pull/%d#issuecomment-%d", number, c.ID)
	r.comments = append(r.comments, c)
	return c
}

// listComments answers page by page, as GitHub does: https://docs.github.com/rest/issues/comments
func (c call) listComments() {
	number, _ := strconv.Atoi(c.request.PathValue("number"))
	list := slices.DeleteFunc(slices.Clone(c.repository.comments), func(c *Comment) bool { return c.number != number })
	query := c.request.URL.Query()
	size, _ := strconv.Atoi(query.Get("per_page"))
	page, _ := strconv.Atoi(query.Get("page"))
	size, page = min(max(size, 1), 100), max(page, 1)
	start, end := min((page-1)*size, len(list)), min(page*size, len(list))
	if end < len(list) {
		next := *c.request.URL
		query.Set("page", itoa(page+1))
		next.RawQuery = query.Encode()
		c.Header().Set("Link", "<https://api.github.com"+next.String()+`>; rel="next"`)
	}
	reply(c, http.StatusOK, append([]*Comment{}, list[start:end]...))
}

func (c call) createComment() {
	number, err := strconv.Atoi(c.request.PathValue("number"))
	if body, ok := c.commentBody(); ok && err == nil {
		reply(c, http.StatusCreated, c.repository.comment(number, User{"github-actions[bot]", "Bot"}, "NONE", body))
	}
}

func (c call) updateComment() {
	id, err := strconv.Atoi(c.request.PathValue("id"))
	if err != nil || id < 1 || id > len(c.repository.comments) {
		refuse(c, http.StatusNotFound, "Not Found")
		return
	}
	if body, ok := c.commentBody(); ok {
		c.repository.comments[id-1].Body = body
		reply(c, http.StatusOK, c.repository.comments[id-1])
	}
}

// commentBody is the text of a comment, which may be as long as that of a pull request.
func (c call) commentBody() (string, bool) {
	var comment struct{ Body string }
	if !c.read(&comment) {
		return "", false
	}
	if len([]rune(comment.Body)) > bodyLimit {
		refuse(c, http.StatusUnprocessableEntity, "Validation Failed", map[string]string{"resource": "IssueComment",
			"field": "body", "code": "unprocessable", "message": "body is too long (maximum is 65536 characters)"})
		return "", false
	}
	return comment.Body, true
}
