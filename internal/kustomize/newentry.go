package kustomize

import (
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/types"
)

// addedFields are the fields of a new entry. A newName that is the name would say nothing.
func addedFields(image types.Image) [][2]string {
	fields := [][2]string{{fieldName, image.Name}}
	if repository(image) != image.Name {
		fields = append(fields, [2]string{fieldNewName, image.NewName})
	}
	for _, field := range [][2]string{{fieldNewTag, image.NewTag}, {fieldDigest, image.Digest}} {
		if field[1] != "" {
			fields = append(fields, field)
		}
	}
	return fields
}

func (p *plan) flowEntries(keys, values yaml.Style, padding string) []string {
	var entries []string
	for _, image := range p.added {
		entries = append(entries, "{"+padding+strings.Join(pairs(image, keys, values), ", ")+padding+"}")
	}
	return entries
}

func (p *plan) blockEntries(l layout, keys, values yaml.Style) []string {
	var entries []string
	for _, image := range p.added {
		separator := p.doc.newline() + spaces(len(l.dash()))
		entries = append(entries, l.dash()+strings.Join(pairs(image, keys, values), separator))
	}
	return entries
}

func pairs(image types.Image, keys, values yaml.Style) []string {
	var pairs []string
	for _, field := range addedFields(image) {
		pairs = append(pairs, pair(field[0], field[1], keys, values))
	}
	return pairs
}
