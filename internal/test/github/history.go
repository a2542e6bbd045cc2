package github

import (
	"maps"
	"slices"
)

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

// touched reports whether a commit changed a file: against every parent, as git simplifies histories.
func (r *Repository) touched(c *Commit, path string) bool {
	for _, parent := range c.Parents {
		if r.commits[parent].Files[path] == c.Files[path] {
			return false
		}
	}
	return len(c.Parents) > 0 || c.Files[path] != ""
}

// mergeBase is the best commit that both commits have behind them, as git merge-base finds it; "" where there is none.
func (r *Repository) mergeBase(a, b string) string {
	known, best := map[string]bool{}, ""
	for _, c := range r.log(a, nil) {
		known[c.SHA] = true
	}
	for _, c := range r.log(b, nil) {
		if known[c.SHA] && (best == "" || len(r.log(c.SHA, nil)) > len(r.log(best, nil))) {
			best = c.SHA
		}
	}
	return best
}

// changed are the files that differ between two commits, sorted, as the API lists them.
func (r *Repository) changed(from, to string) []map[string]any {
	before := map[string]string{}
	if c := r.commits[from]; c != nil {
		before = c.Files
	}
	after, list := r.commits[to].Files, []map[string]any{}
	names := maps.Clone(before)
	maps.Copy(names, after)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		old, was := before[name]
		now, is := after[name]
		switch {
		case !was:
			list = append(list, map[string]any{"filename": name, "status": "added"})
		case !is:
			list = append(list, map[string]any{"filename": name, "status": "removed"})
		case old != now:
			list = append(list, map[string]any{"filename": name, "status": "modified"})
		}
	}
	return list
}
