package renderer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/resource"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/origin"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/renderer/disk"
)

// Kustomize compares each object with all others, several times, and reads their names from the YAML anew each time: a
// thousand objects take it four times as long as twenty times fifty. Where a kustomization does nothing that goes from
// one object to another, it is rendered in parts of some files each, one after another, and the parts make the whole.
// Whatever is not sure to come out the same, an error or a notice among it, is rendered as a whole.

// objectsPerPart bounds a part. A set of not twice as many is not divided.
const objectsPerPart = 60

// apart are the fields of a kustomization that act on each object for itself. Names stay as they are with them, so that
// no object has to follow another's.
var apart = []string{"apiVersion", "kind", "metadata", "resources", "namespace", "images", "labels", "commonLabels",
	"commonAnnotations", "buildMetadata"}

// together are words of files whose objects may take a namespace from another object of such a file.
var together = [][]byte{[]byte("RoleBinding"), []byte("ServiceAccount")}

// whole are words of files with which nothing is divided: a webhook takes its namespace from any Service, objects that
// stay local may have the name of another, and charts are their own.
var whole = [][]byte{[]byte("WebhookConfiguration"), []byte("local-config"), []byte("helm.sh/")}

// part is a kustomization of some of the files of another one.
type part struct {
	content []byte
	files   []string
}

// parts divides a kustomization. There are none where it has to be rendered as a whole.
func (r *renderer) parts(content []byte) []part {
	if asJSON, err := sigsyaml.YAMLToJSON(content); err == nil {
		content = asJSON
	}
	fields := map[string]json.RawMessage{}
	var resources []string
	if json.Unmarshal(content, &fields) != nil || json.Unmarshal(fields["resources"], &resources) != nil {
		return nil
	}
	for name := range fields {
		if !slices.Contains(apart, name) {
			return nil
		}
	}
	if kind := string(fields["kind"]); kind != "" && kind != `"Kustomization"` {
		return nil
	}
	var parts []part
	for _, files := range r.divide(resources) {
		var err error
		if fields["resources"], err = json.Marshal(files); err != nil {
			return nil
		}
		content, err := json.Marshal(fields)
		if err != nil {
			return nil
		}
		parts = append(parts, part{content, files})
	}
	return parts
}

// divide divides the files of a kustomization into neighbours. There are no parts where one is not a plain file.
func (r *renderer) divide(resources []string) [][]string {
	first, last := len(resources), -1 // of the files that stay together
	objects := make([]int, len(resources))
	for i, name := range resources {
		content := r.plainFile(name)
		if content == nil || mentions(content, whole) {
			return nil
		}
		objects[i] = 1 + bytes.Count(content, []byte("\n---"))
		if mentions(content, together) {
			first, last = min(first, i), i
		}
	}
	var parts [][]string
	size := 0
	for i, name := range resources {
		if i == 0 || size+objects[i] > objectsPerPart && (i <= first || i > last) {
			parts, size = append(parts, nil), 0
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], name)
		size += objects[i]
	}
	if len(parts) < 2 {
		return nil
	}
	return parts
}

func mentions(content []byte, words [][]byte) bool {
	return slices.ContainsFunc(words, func(word []byte) bool { return bytes.Contains(content, word) })
}

// plainFile returns the content of a file in or below the kustomization's folder, nil where it is something else.
func (r *renderer) plainFile(name string) []byte {
	if !filepath.IsLocal(name) || strings.Contains(name, "://") {
		return nil
	}
	path := filepath.Join(filepath.Dir(r.files.Target), name)
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() || info.Size() > disk.MaxFile {
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return content
}

// inParts renders the parts one after another. It is false where they are not sure to be what the whole is, or where
// there are none. No annotations of origins are needed: which file an object comes from is known by its place.
func (r *renderer) inParts(content []byte, p *pass) bool {
	r.files.Reset(content, content)
	known := map[id]bool{}
	parts := r.parts(content)
	for i, part := range parts {
		r.files.Swap(content, part.content)
		printed := r.printed
		resources, err := r.once()
		if err != nil || i > 0 && r.printed != printed {
			return false
		}
		all := resources.Resources()
		for _, res := range all {
			if known[idOf(res)] {
				return false // which kustomize refuses, unless it is of another version
			}
			known[idOf(res)] = true
		}
		places := p.finder.In(part.files)
		if p.take(all, func(_ int, _ map[string]any, name origin.Named) (found, error) {
			source, target, err := places.Next(name)
			return found{source, target}, err
		}) != nil {
			return false
		}
	}
	return len(parts) > 0
}

// id is what distinguishes objects, whatever the version.
type id struct{ group, kind, namespace, name string }

func idOf(res *resource.Resource) id {
	return id{res.GetGvk().Group, res.GetKind(), cmp.Or(res.GetNamespace(), "default"), res.GetName()}
}
