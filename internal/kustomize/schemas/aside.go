// Package schemas keeps the schemas of CustomResourceDefinitions aside while kustomize renders.
//
// They are nearly all of the bytes of a set that has some, and kustomize copies each object several times for each
// kustomization that it goes through. In their place stand marks, and the schemas are put back into what was rendered.
// Whatever might look into a schema, or might not come out the same, is rendered with the schemas where they are.
package schemas

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// field is the one that has a schema: https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/
const field = "openAPIV3Schema"

// mark begins the text that stands in place of a schema. It has to be a plain scalar of YAML.
const mark = "multiarch-deploy-schema-"

// Aside are the schemas of a render.
type Aside struct {
	files   map[[sha256.Size]byte]taken
	schemas []json.RawMessage
	// out are those that are out in this pass, more than once where a file was read again, and back those that were put
	// back.
	out, back []int
	// spilled: a mark is where no schema was.
	spilled bool
}

// taken is a file without its schemas.
type taken struct {
	rest []byte
	ids  []int
	// names: the file names a schema elsewhere than in a definition.
	names bool
}

// New returns an Aside for the passes of one render.
func New() *Aside { return &Aside{files: map[[sha256.Size]byte]taken{}} }

// Begin begins a pass, in which no schema is out yet.
func (a *Aside) Begin() {
	a.out, a.back, a.spilled = make([]int, len(a.schemas)), make([]int, len(a.schemas)), false
}

// Matters reports whether this pass was another one than with the schemas where they are.
func (a *Aside) Matters() bool {
	return slices.ContainsFunc(a.out, func(n int) bool { return n > 0 })
}

// Take returns a file without the schemas of its definitions, which are out from then on. Lines stay where they are.
func (a *Aside) Take(content []byte) []byte {
	file := a.take(content)
	for _, id := range file.ids {
		a.out[id]++
	}
	return file.rest
}

// Names reports whether a file names the field of schemas elsewhere than in a definition: a patch may change what is in
// one, and a configuration may say that kustomize does.
func (a *Aside) Names(content []byte) bool { return a.take(content).names }

// Rest returns a file without the schemas of its definitions, to look something else up in it.
func (a *Aside) Rest(content []byte) []byte {
	return a.take(content).rest
}

// take reads each file once, however often it is taken.
func (a *Aside) take(content []byte) taken {
	if !bytes.Contains(content, []byte(field)) {
		return taken{rest: content}
	}
	key := sha256.Sum256(content)
	file, known := a.files[key]
	if !known {
		file = a.cut(content)
		a.files[key] = file
	}
	return file
}

// PutBack puts the schemas of an object into their places, as JSON.
func (a *Aside) PutBack(object map[string]any) {
	isDefinition := object["kind"] == "CustomResourceDefinition"
	for key, value := range object {
		a.look(value, isDefinition, key)
	}
}

// look looks for marks in a value at a path of fields, of which a list is none.
func (a *Aside) look(value any, isDefinition bool, path string) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			a.look(item, isDefinition, path)
		}
	case map[string]any:
		for key, item := range value {
			a.spilled = a.spilled || strings.Contains(key, mark)
			if id, ok := a.id(item); ok && isDefinition && key == field && path == "spec.versions.schema" {
				value[key] = a.schemas[id]
				a.back[id]++
				continue
			}
			below := ""
			if isDefinition {
				below = path + "." + key
			}
			a.look(item, isDefinition, below)
		}
	case string:
		a.spilled = a.spilled || strings.Contains(value, mark)
	}
}

// id is that of a value that is a mark.
func (a *Aside) id(value any) (int, bool) {
	text, _ := value.(string)
	number, isMark := strings.CutPrefix(text, mark)
	id, err := strconv.Atoi(number)
	return id, isMark && err == nil && id >= 0 && id < len(a.schemas) && text == markOf(id)
}

func markOf(id int) string { return fmt.Sprint(mark, id) }

// Complete reports whether each schema that was out is back, and none is elsewhere.
func (a *Aside) Complete() bool {
	return !a.spilled && slices.Equal(a.out, a.back)
}
