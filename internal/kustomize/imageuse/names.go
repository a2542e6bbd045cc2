package imageuse

import (
	"path"
	"strings"
)

// Collect notes the values of image fields: https://pkg.go.dev/sigs.k8s.io/kustomize/api/filters/imagetag
func Collect(value any, names map[string]bool) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			Collect(item, names)
		}
	case map[string]any:
		for key, item := range value {
			reference, isText := item.(string)
			if isText && reference != "" && (key == "image" || key == "reference") {
				names[repositoryOf(reference)] = true
				continue
			}
			Collect(item, names)
		}
	}
}

// repositoryOf is a reference without tag and digest.
func repositoryOf(reference string) string {
	reference, _, _ = strings.Cut(reference, "@")
	if colon := strings.LastIndex(reference, ":"); colon > strings.LastIndex(reference, "/") {
		return reference[:colon]
	}
	return reference
}

// Unlikeness is a sort key: the lower, the likelier it is that the name was meant by the wanted one. First is the same
// image under its full name, then one of the same last part, then those that differ least. It is more than 0.
func Unlikeness(wanted, name string) int {
	switch {
	case normalName(name) == normalName(wanted):
		return 1
	case path.Base(name) == path.Base(wanted):
		return 2 + distance(wanted, name)
	default:
		return 1000 + distance(wanted, name)
	}
}

// normalName writes out what is left out of names on Docker Hub, which is the same image:
// https://github.com/distribution/reference/blob/main/normalize.go
func normalName(name string) string {
	name = strings.TrimPrefix(name, "index.")
	first, _, found := strings.Cut(name, "/")
	if !found || !strings.ContainsAny(first, ".:") && first != "localhost" {
		name = "docker.io/" + name
	}
	if rest, isHub := strings.CutPrefix(name, "docker.io/"); isHub && !strings.Contains(rest, "/") {
		name = "docker.io/library/" + rest
	}
	return name
}

// distance is how many characters have to be added, removed or changed:
// https://en.wikipedia.org/wiki/Levenshtein_distance
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
