package edit

import "sigs.k8s.io/kustomize/api/types"

// Change is one entry of images that SetImages changed or added.
type Change struct {
	// File is the path of the kustomization, as SetImages got it.
	File string `json:"file"`
	// Name is the image name as the manifests have it.
	Name string `json:"name"`
	// Before and After are what the entry makes of the name, written as a reference: "registry/app:latest",
	// "127.0.0.1:5000/app:4f2a@sha256:…". Before is empty when the entry was missing.
	Before string `json:"before"`
	After  string `json:"after"`
	// Line is where the entry begins in the edited content, counted from 1.
	Line int `json:"-"`
}

// SetImages returns the kustomization in content with its image entries set to images. Path only names the file in
// edits and errors; nothing is read or written.
//
// An entry comes to say what its image says, as after `kustomize edit set image`: NewName (the Name itself when
// empty), NewTag and Digest, of which at least one is needed; the empty one is removed. With both, kustomize renders
// "name:tag@digest". A tagSuffix stays, since a newTag overrules it. All entries of one name are set, since
// kustomize applies them in turn. Missing entries are added. Every other byte stays, and where that cannot be done
// (a value written as a block of text, an entry shared through an anchor) the result is an error with the line.
//
// When the entries already say so, edits is nil and edited equals content.
func SetImages(path string, content []byte, images []types.Image) (edited []byte, edits []Change, err error) {
	if err := checkImages(images); err != nil {
		return nil, nil, err
	}
	doc, err := parse(path, content)
	if err != nil {
		return nil, nil, err
	}
	plan := newPlan(doc)
	for _, image := range images {
		if err := plan.set(image); err != nil {
			return nil, nil, err
		}
	}
	if len(plan.changes)+len(plan.added) == 0 {
		return content, nil, nil
	}
	if edited, err = plan.apply(); err != nil {
		return nil, nil, err
	}
	if err := verify(doc, edited, images); err != nil {
		return nil, nil, err
	}
	edits, err = plan.report(edited)
	return edited, edits, err
}

// report returns the changes, with their lines in the edited content, where added entries are last.
func (p *plan) report(edited []byte) ([]Change, error) {
	after, err := parse(p.doc.Path, edited)
	if err != nil {
		return nil, err
	}
	var edits []Change
	for _, c := range p.changes {
		edits = append(edits, Change{File: p.doc.Path, Name: c.image.Name, Before: Reference(c.entry.image),
			After: Reference(c.image), Line: after.entries[c.index].item.Line})
	}
	for i, image := range p.added {
		edits = append(edits, Change{File: p.doc.Path, Name: image.Name, After: Reference(image),
			Line: after.entries[len(p.doc.entries)+i].item.Line})
	}
	return edits, nil
}
