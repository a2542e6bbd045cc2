package images

import (
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/catalogue"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/reader"
)

// imageKeys are the inputs that a line of images can override, and sources, which is no input.
var imageKeys = []string{"platforms", "tag", "context", "file", "target", "artifacts", "base-image", sourcesKey}

// values are the inputs as they hold for one image: its own keys stand for the inputs of the same name.
type values struct {
	*reader.Reader
	// where is the image's line, for problems.
	where string
	keys  map[string]string
}

// parseKeys reads the key=value pairs of an image's line.
func (a Request) parseKeys(where string, fields []string) values {
	v := values{Reader: a.Reader, where: where, keys: map[string]string{}}
	for _, field := range fields {
		key, value, _ := strings.Cut(field, "=")
		switch {
		case value == "":
			a.Problem("%s: %q is not key=value", where, field)
		case !slices.Contains(imageKeys, key):
			a.Problem("%s: unknown key %q; known are %s", where, key, strings.Join(imageKeys, ", "))
		default:
			v.keys[key] = value
		}
	}
	return v
}

// own reports whether the image's line has the key.
func (v values) own(name string) bool { return v.keys[name] != "" }

// at says where the value of an input was written.
func (v values) at(name string) string {
	if v.own(name) {
		return v.where + ", " + name
	}
	return name
}

// text returns the value for the image.
func (v values) text(name string) string {
	if v.own(name) {
		return v.keys[name]
	}
	return v.Text(name)
}

// list returns the entries for the image. A key has them on one line, with commas between them.
func (v values) list(name string) []string {
	if v.own(name) {
		return strings.Split(v.keys[name], ",")
	}
	return reader.Items(v.Text(name))
}

// given are the names of all that the user wrote for this image and that is not what is usual anyway.
func (v values) given(names []string) []string {
	var given []string
	for _, name := range names {
		if v.text(name) != catalogue.Lookup(name).Default {
			given = append(given, name)
		}
	}
	return given
}
