package origin

import "fmt"

// Places are those of the objects in some files, in the order in which kustomize reads them.
type Places struct {
	finder *Finder
	files  []string
	left   []written // of the first file, once it was read
	isRead bool
}

// In returns the places in files, by their paths below the folder of the kustomization.
func (s *Finder) In(files []string) *Places { return &Places{finder: s, files: files} }

// Next is the place of the next object. What is in a file and became no object, such as a list whose items are objects,
// is passed over. It is an error where the files do not have it next among those of its kind. A namespace may have got
// another name.
func (p *Places) Next(object Named) (Source, Target, error) {
	for ; len(p.files) > 0; p.files, p.isRead = p.files[1:], false {
		if !p.isRead {
			p.left, p.isRead = p.finder.load(p.finder.join(p.files[0])).all, true
		}
		for at, w := range p.left {
			if w.kind == object.Kind && (w.Name == object.Name || w.kind == "Namespace") {
				p.left = p.left[at+1:]
				return w.source, w.Target, nil
			}
		}
	}
	return Source{}, Target{}, fmt.Errorf("no file has the %s %s in its place", object.Kind, object.Name)
}
