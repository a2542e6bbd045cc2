package renderer

import (
	"encoding/json"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/imageuse"
)

// Candidate is an image name that occurs in the manifests.
type Candidate struct {
	Name string `json:"name"`
	// File and Line are those of the entry of images, in a base or a component, that makes this name of the one that was
	// looked for; else they are "" and 0.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// addCandidates finds the names for images that are not used, at the price of another pass: as the manifests have them
// before the kustomization's own images are set. Where that does not render, there are none.
func (r *renderer) addCandidates(images []types.Image, uses []ImageUse) {
	if !slices.ContainsFunc(uses, func(use ImageUse) bool { return !use.Used }) {
		return
	}
	content, err := withoutImages(r.content)
	if err != nil {
		return
	}
	p, err := r.objects(content, sink{})
	if err != nil {
		return
	}
	names := map[string]bool{}
	for _, o := range p.objects {
		imageuse.Collect(o.Object, names)
	}
	for i, image := range images {
		if !uses[i].Used {
			uses[i].Candidates = r.candidates(image.Name, names)
		}
	}
}

// withoutImages is the kustomization without its images, as JSON.
func withoutImages(content []byte) ([]byte, error) {
	data, err := yaml.YAMLToJSON(content)
	if err != nil {
		return nil, err
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, err
	}
	for name := range fields {
		if strings.EqualFold(name, "images") {
			delete(fields, name)
		}
	}
	return json.Marshal(fields)
}

// candidates are the names, likeliest first: what another kustomization makes of the wanted one, the same image under
// its full name, one of the same last part, and then those that differ least.
func (r *renderer) candidates(wanted string, names map[string]bool) []Candidate {
	made := r.madeOf(wanted)
	var all []Candidate
	for name := range names {
		c := Candidate{Name: name}
		if known, isMade := made[name]; isMade {
			c = known
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Candidate) int {
		if d := unlikeness(wanted, a) - unlikeness(wanted, b); d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all
}

// madeOf are the names that bases and components make of a name.
func (r *renderer) madeOf(wanted string) map[string]Candidate {
	made := map[string]Candidate{}
	for _, file := range r.files.Kustomizations {
		var k types.Kustomization
		if file.Real == r.files.Target || k.Unmarshal(file.Content) != nil {
			continue
		}
		for _, image := range k.Images {
			if image.NewName != "" && imageuse.NewPattern(image.Name).Matches(wanted) {
				made[image.NewName] = Candidate{image.NewName, file.Path, edit.Lines(file.Path, file.Content)[image.Name]}
			}
		}
	}
	return made
}

// unlikeness orders candidates: what another kustomization makes of the wanted name comes first.
func unlikeness(wanted string, c Candidate) int {
	if c.File != "" {
		return 0
	}
	return imageuse.Unlikeness(wanted, c.Name)
}
