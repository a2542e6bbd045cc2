package github

import "maps"

// unknown are the commits that can be reached from a SHA, and from no branch.
func (r *Repository) unknown(sha string) []*Commit {
	known := map[string]bool{}
	for _, head := range r.refs {
		for _, c := range r.log(head, nil) {
			known[c.SHA] = true
		}
	}
	return r.log(sha, known)
}

// between are the commits that head has and base has not, the newest first.
func (r *Repository) between(base, head string) []*Commit {
	known := map[string]bool{}
	for _, c := range r.log(base, known) {
		known[c.SHA] = true
	}
	return r.log(head, known)
}

// log are the commits that can be reached from a SHA, without those already seen.
func (r *Repository) log(sha string, seen map[string]bool) []*Commit {
	visited := map[string]bool{}
	maps.Copy(visited, seen)
	var list []*Commit
	for queue := []string{sha}; len(queue) > 0; queue = queue[1:] {
		c := r.commits[queue[0]]
		if c == nil || visited[c.SHA] {
			continue
		}
		visited[c.SHA] = true
		list = append(list, c)
		queue = append(queue, c.Parents...)
	}
	return list
}

// touched tells whether a commit changed a file: against every parent, as git simplifies histories.
func (r *Repository) touched(c *Commit, path string) bool {
	for _, parent := range c.Parents {
		if r.commits[parent].Files[path] == c.Files[path] {
			return false
		}
	}
	return len(c.Parents) > 0 || c.Files[path] != ""
}
