// Package docs knows where the pages of the folder docs are on the web.
package docs

import "regexp"

const repository = "https://github.com/multiarch-deploy/multiarch-deploy"

// release is the version of a release, which has a tag of that name.
var release = regexp.MustCompile(`^v\d+\.\d+\.\d+$`)

// Page returns the address of a page, such as troubleshooting.md, as it was at a version of the program: at the tag of
// a release, and on main for any other version.
func Page(version, page string) string {
	if !release.MatchString(version) {
		version = "main"
	}
	return repository + "/blob/" + version + "/docs/" + page
}

// named is a page as a text names it, which is not part of a longer path.
var named = regexp.MustCompile(`(^|[\s(])docs/([a-z-]+\.(?:md|yaml))\b`)

// Link replaces the name of each page in a text, such as docs/rbac.yaml, by its address: who reads the text rarely has
// the program's own repository at hand.
func Link(version, text string) string {
	return named.ReplaceAllStringFunc(text, func(match string) string {
		parts := named.FindStringSubmatch(match)
		return parts[1] + Page(version, parts[2])
	})
}
