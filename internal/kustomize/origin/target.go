package origin

import (
	"cmp"
	"slices"
	"strings"

	sigsyaml "sigs.k8s.io/yaml"
)

// Target is what a patch in the kustomization calls an object, in its own metadata or in the target of its entry.
// Kustomize looks for the name and namespace of the object's file, or those that bases of the kustomization made of
// them: its own namePrefix, nameSuffix and namespace come after its patches.
type Target struct {
	Name string
	// Namespace is "" where the file has none and no namesake makes it matter.
	Namespace string
}

// namesake is an object by the ids by which kustomize selects it, https://pkg.go.dev/sigs.k8s.io/kustomize/api/resmap:
// as its file has it, and as the kustomization's bases made it.
type namesake struct {
	kind              string
	written, rendered Target
}

// OwnNames are what the kustomization itself adds to names, after its patches have found their objects.
type OwnNames struct{ NamePrefix, NameSuffix string }

// ReadOwnNames reads them from a kustomization. One that does not parse renders nothing.
func ReadOwnNames(content []byte) (own OwnNames) {
	_ = sigsyaml.Unmarshal(content, &own)
	return own
}

// Without is an object's name before they were added.
func (own OwnNames) Without(n Named) Named {
	if rest, ok := strings.CutPrefix(n.Name, own.NamePrefix); ok && strings.HasSuffix(rest, own.NameSuffix) {
		n.Name = strings.TrimSuffix(rest, own.NameSuffix)
	}
	return n
}

// Targets returns for each object whose file is known the first target that selects nothing else, and else none. The
// lists have one entry per object: its name before OwnNames, and what its file says.
func Targets(names []Named, written []Target) []Target {
	all := make([]namesake, len(names))
	byName := map[string][]*namesake{} // by kind and each of its names
	for i, o := range names {
		n := &all[i]
		*n = namesake{o.Kind, written[i], Target{o.Name, o.Namespace}}
		if written[i].Name == "" {
			n.written = n.rendered
		}
		byName[n.kind+" "+n.written.Name] = append(byName[n.kind+" "+n.written.Name], n)
		if n.written.Name != n.rendered.Name {
			byName[n.kind+" "+n.rendered.Name] = append(byName[n.kind+" "+n.rendered.Name], n)
		}
	}
	targets := make([]Target, len(names))
	for i := range names {
		if written[i].Name != "" {
			targets[i] = all[i].target(byName)
		}
	}
	return targets
}

// target prefers what the file says. Variants of one base share that, and differ in what their kustomizations made of
// it.
func (n *namesake) target(byName map[string][]*namesake) Target {
	for _, name := range []string{n.written.Name, n.rendered.Name} {
		for _, namespace := range []string{n.written.Namespace, n.written.namespace(), n.rendered.namespace()} {
			t := Target{name, namespace}
			others := func(other *namesake) bool { return *other != *n && other.selectedBy(n.kind, t) }
			if !slices.ContainsFunc(byName[n.kind+" "+name], others) {
				return t
			}
		}
	}
	return n.rendered
}

func (n *namesake) selectedBy(kind string, t Target) bool {
	return n.kind == kind && (t.Name == n.written.Name || t.Name == n.rendered.Name) &&
		(t.Namespace == "" || t.Namespace == n.written.namespace() || t.Namespace == n.rendered.namespace())
}

// namespace is the one that kustomize compares: objects that name none are in "default".
func (t Target) namespace() string { return cmp.Or(t.Namespace, "default") }
