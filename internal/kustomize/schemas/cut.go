package schemas

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"
)

var (
	// definition is the line by which a document is known as one.
	definition = regexp.MustCompile(`(?m)^kind: *["']?CustomResourceDefinition["']?[ \r]*$`)
	// opening is the line above a schema.
	opening = regexp.MustCompile(`^( +)["']?` + field + `["']?:[ \r]*\n$`)
	// separator ends a document.
	separator = regexp.MustCompile(`^(---|\.\.\.)([ \t\r\n]|$)`)
)

// cut takes the schemas out of a file. A definition that is written in another way stays as it is.
func (a *Aside) cut(content []byte) taken {
	file := taken{}
	for _, doc := range documents(content) {
		if !definition.Match(doc) {
			file.names = file.names || bytes.Contains(doc, []byte(field))
			file.rest = append(file.rest, doc...)
			continue
		}
		c := cutter{schemas: a.schemas}
		if !c.cut(lines(doc)) || !c.isRight() {
			file.rest = append(file.rest, doc...)
			continue
		}
		a.schemas = c.schemas
		file.rest, file.ids = append(file.rest, c.rest...), append(file.ids, c.ids...)
	}
	a.out, a.back = grown(a.out, len(a.schemas)), grown(a.back, len(a.schemas))
	return file
}

func grown(counts []int, size int) []int { return append(counts, make([]int, size-len(counts))...) }

// documents are those of a file, each with the line that separates it from the one before.
func documents(content []byte) (all [][]byte) {
	begin, at := 0, 0
	for _, line := range lines(content) {
		if separator.Match(line) {
			all, begin = append(all, content[begin:at]), at
		}
		at += len(line)
	}
	return append(all, content[begin:])
}

func lines(content []byte) [][]byte { return slices.Collect(bytes.Lines(content)) }

// cutter takes the schemas out of one definition, in which they are found by indentation.
type cutter struct {
	schemas []json.RawMessage
	ids     []int
	rest    []byte
}

// cut is not ok where a schema can't be read by itself.
func (c *cutter) cut(all [][]byte) bool {
	for i := 0; i < len(all); i++ {
		match := opening.FindSubmatch(all[i])
		if match == nil {
			c.rest = append(c.rest, all[i]...)
			continue
		}
		indent, end := len(match[1]), i+1
		for end < len(all) && (isBlank(all[end]) || indentOf(all[end]) > indent) {
			end++
		}
		schema, err := appendMapping(nil, all[i+1:end])
		if err != nil {
			return false
		}
		id := len(c.schemas)
		c.schemas, c.ids = append(c.schemas, schema), append(c.ids, id)
		c.rest = append(append(c.rest, match[1]...), field+": "+markOf(id)+"\n"...)
		for range all[i+1 : end] { // so that each line keeps its number
			c.rest = append(c.rest, '\n')
		}
		i = end - 1
	}
	return true
}

// isRight reads what is left: the marks have to be where schemas are.
func (c *cutter) isRight() bool {
	var left struct {
		Spec struct {
			Versions []struct{ Schema map[string]yaml.Node }
		}
	}
	if yaml.Unmarshal(c.rest, &left) != nil {
		return false
	}
	found := 0
	for _, version := range left.Spec.Versions {
		schema, has := version.Schema[field]
		if !has {
			continue
		}
		if found >= len(c.ids) || schema.Value != markOf(c.ids[found]) {
			return false
		}
		found++
	}
	return found == len(c.ids) && found > 0
}

func isBlank(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 }

func indentOf(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " ")) }
