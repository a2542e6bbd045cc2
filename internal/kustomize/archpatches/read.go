package archpatches

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Parse reads the patches of a file. Path names it in errors: one that is not of the command fix is refused, since it
// would be lost.
func Parse(path string, content []byte) ([]Patch, error) {
	plain := strings.ReplaceAll(string(bytes.TrimPrefix(content, []byte("\ufeff"))), "\r\n", "\n")
	if strings.TrimSpace(plain) == "" {
		return nil, nil
	}
	if !strings.HasPrefix(plain, mark) {
		return nil, fmt.Errorf("%s is not a file of the command fix: it does not begin with %q; rename it, and its entry in "+
			"the kustomization, and run fix again", path, mark)
	}
	var patches []Patch
	line := 1
	for _, part := range strings.SplitAfter(plain, "\n---\n") {
		p, err := parsePatch(strings.TrimSuffix(part, "---\n"))
		switch {
		case strings.TrimSpace(p.Document) == "" && len(patches) == 0:
			continue // the header alone
		case err != nil:
			return nil, fmt.Errorf("%s:%d: the patch that begins here cannot be read: %w; correct it, or delete the file and "+
				"run "+
				"fix again, which writes it anew", path, line, err)
		}
		line += strings.Count(part, "\n")
		patches = append(patches, p)
	}
	return patches, nil
}

// parsePatch reads a patch below its comment, and below the header, which ends with a blank line.
func parsePatch(part string) (Patch, error) {
	if _, rest, found := strings.Cut(part, "\n\n"); found && strings.HasPrefix(part, mark) {
		part = rest
	}
	document := part
	for strings.HasPrefix(document, "#") {
		_, document, _ = strings.Cut(document, "\n")
	}
	target, err := targetOf([]byte(document))
	return Patch{target, strings.TrimSuffix(part, document), strings.TrimRight(document, "\n") + "\n"}, err
}

func targetOf(document []byte) (Target, error) {
	var head struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   struct{ Name, Namespace string }
	}
	if err := yaml.Unmarshal(document, &head); err != nil {
		return Target{}, err
	}
	if head.Kind == "" || head.Metadata.Name == "" {
		return Target{}, errors.New("it names no kind, or no metadata.name")
	}
	return Target{head.APIVersion, head.Kind, head.Metadata.Namespace, head.Metadata.Name}, nil
}

// child is the mapping under a key.
func child(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return &yaml.Node{Kind: yaml.MappingNode}
}

// maxSize bounds what is read of a file that a pull request may bring.
const maxSize = 4 << 20

// Read reads the file beside a kustomization; nil where there is none. A link, or what is no regular file, is refused:
// it may lead anywhere.
func Read(kustomization string) (content []byte, patches []Patch, err error) {
	path := Path(kustomization)
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, nil
	case err != nil:
		return nil, nil, fmt.Errorf("reading the patches: %w", err)
	case !info.Mode().IsRegular() || info.Size() > maxSize:
		return nil, nil, fmt.Errorf("%s is a link, a folder or otherwise no file of patches; remove it, and run fix again",
			path)
	}
	if content, err = os.ReadFile(path); err != nil {
		return nil, nil, fmt.Errorf("reading the patches: %w", err)
	}
	patches, err = Parse(path, content)
	return content, patches, err
}

// Path is the file's beside a kustomization.
func Path(kustomization string) string { return filepath.Join(filepath.Dir(kustomization), FileName) }
