// Command licenses writes the licence texts of all modules that a program is linked from, Go's own among them. Most of
// these licences ask for it wherever the program goes:
//
//	go run ./cmd/licenses ./cmd/multiarch-deploy linux/amd64 linux/arm64 >THIRD_PARTY_LICENSES.txt
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: licenses PACKAGE OS/ARCH ...")
		os.Exit(2)
	}
	if err := write(os.Stdout, os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

// module is a module and the folders of its packages that are linked.
type module struct {
	path, version, dir string
	folders            []string
}

// write writes the texts of all modules, sorted by their paths. A module without one is an error: whoever adds it has
// to look into it.
func write(w io.Writer, pkg string, platforms []string) error {
	itself, err := language()
	if err != nil {
		return err
	}
	modules := map[string]*module{itself.path: itself}
	for _, platform := range platforms {
		if err := list(modules, pkg, platform); err != nil {
			return err
		}
	}
	var missing []error
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		m := modules[path]
		texts, err := m.texts()
		if err != nil {
			return err
		}
		if len(texts) == 0 {
			missing = append(missing, fmt.Errorf("module %s %s has no licence file", m.path, m.version))
		}
		for _, text := range texts {
			fmt.Fprintf(w, "%s\n%s %s: %s\n\n%s\n\n", strings.Repeat("=", 80), m.path, m.version, text.name,
				bytes.TrimSpace(text.content))
		}
	}
	return errors.Join(missing...)
}

// language is Go itself, whose library and runtime are in every program.
func language() (*module, error) {
	out, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return nil, fmt.Errorf("asking where Go is: %w", err)
	}
	lines := strings.Split(string(out), "\n")
	return &module{path: "Go", version: lines[1], dir: lines[0]}, nil
}

// list adds the modules that the package is linked from on a platform.
func list(modules map[string]*module, pkg, platform string) error {
	system, cpu, _ := strings.Cut(platform, "/")
	command := exec.Command("go", "list", "-deps", "-json=Dir,Standard,Module", pkg)
	command.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+cpu)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return fmt.Errorf("listing what %s is linked from on %s: %w", pkg, platform, err)
	}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			Dir      string
			Standard bool
			Module   *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading what go list prints: %w", err)
		}
		if p.Standard || p.Module == nil || p.Module.Main {
			continue
		}
		m := modules[p.Module.Path]
		if m == nil {
			m = &module{path: p.Module.Path, version: p.Module.Version, dir: p.Module.Dir}
			modules[p.Module.Path] = m
		}
		m.folders = append(m.folders, p.Dir)
	}
}

type text struct {
	name    string
	content []byte
}

// licenseFile is what licence texts and notices are called.
var licenseFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|copyright|patents)([-_.].*)?$`)

// texts are those in the module's folder, and in the folders between it and its packages: code that was copied from
// elsewhere comes with a licence of its own.
func (m *module) texts() ([]text, error) {
	folders := []string{m.dir}
	for _, folder := range m.folders {
		for ; strings.HasPrefix(folder, m.dir+string(filepath.Separator)); folder = filepath.Dir(folder) {
			folders = append(folders, folder)
		}
	}
	slices.Sort(folders)
	var list []text
	for _, folder := range slices.Compact(folders) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, fmt.Errorf("reading the files of module %s: %w", m.path, err)
		}
		for _, entry := range entries {
			if !isText(entry) {
				continue
			}
			content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
			if err != nil {
				return nil, fmt.Errorf("reading a licence of module %s: %w", m.path, err)
			}
			name, err := filepath.Rel(m.dir, filepath.Join(folder, entry.Name()))
			if err != nil {
				return nil, fmt.Errorf("reading a licence of module %s: %w", m.path, err)
			}
			list = append(list, text{filepath.ToSlash(name), content})
		}
	}
	return list, nil
}

func isText(entry fs.DirEntry) bool {
	return entry.Type().IsRegular() && licenseFile.MatchString(entry.Name()) && filepath.Ext(entry.Name()) != ".go"
}
