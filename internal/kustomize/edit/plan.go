package edit

import (
	"fmt"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/types"
)

// plan collects what is to change in a document before any byte does.
type plan struct {
	doc     *kustomization
	changes []entryEdit
	added   []types.Image
	// values are the edits of values that the file already has, by their nodes.
	values map[*yaml.Node]fieldEdit
}

// entryEdit is one entry of images that has to change.
type entryEdit struct {
	entry  *entry
	index  int
	image  types.Image
	fields []fieldEdit
}

func newPlan(doc *kustomization) *plan {
	return &plan{doc: doc, values: map[*yaml.Node]fieldEdit{}}
}

// checkImages keeps to the characters that references are made of, all of them printable ASCII, so that none needs an
// escape: https://github.com/distribution/reference/blob/main/reference.go
func checkImages(images []types.Image) error {
	seen := map[string]bool{}
	for _, image := range images {
		switch {
		case image.Name == "":
			return fmt.Errorf("setting image %q: its name is missing; write NAME=REPOSITORY", Reference(image))
		case seen[image.Name]:
			return fmt.Errorf("setting image %q: it is given twice; keep one", image.Name)
		case image.NewTag == "" && image.Digest == "":
			return fmt.Errorf("setting image %q: it has neither tag nor digest; give one", image.Name)
		}
		seen[image.Name] = true
		for _, r := range image.Name + image.NewName + image.NewTag + image.Digest {
			if r <= ' ' || r > '~' {
				return fmt.Errorf("setting image %q: %q cannot be in an image reference; remove it", Reference(image), r)
			}
		}
	}
	return nil
}

// set plans one image: all its entries, or a new one.
func (p *plan) set(image types.Image) error {
	found := false
	for i, e := range p.doc.entries {
		if e.image.Name != image.Name {
			continue
		}
		found = true
		if err := p.setEntry(i, e, image); err != nil {
			return err
		}
	}
	if !found {
		p.added = append(p.added, image)
	}
	return nil
}

func (p *plan) setEntry(index int, e *entry, image types.Image) error {
	fields, err := p.doc.diff(e, image)
	if err != nil || len(fields) == 0 {
		return err
	}
	if e.node == nil {
		return p.doc.Errorf(e.item, "image %s is an alias of an entry elsewhere; write it out here", image.Name)
	}
	p.changes = append(p.changes, entryEdit{entry: e, index: index, image: image, fields: fields})
	for _, f := range fields {
		if f.own != nil {
			p.values[f.own] = f
		}
	}
	return nil
}

// apply returns the edited content.
func (p *plan) apply() ([]byte, error) {
	for _, c := range p.changes {
		if err := p.editEntry(c); err != nil {
			return nil, err
		}
	}
	if len(p.added) > 0 {
		if err := p.addEntries(); err != nil {
			return nil, err
		}
	}
	return p.doc.Apply()
}

// addEntries adds the entries of images that are missing.
func (p *plan) addEntries() error {
	var entries [][][2]string
	for _, image := range p.added {
		entries = append(entries, addedFields(image))
	}
	return p.doc.Extend(p.doc.images, entries)
}

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
