// Package facts keeps in a folder what was found of things that never change, for later runs. Whoever may write to the
// folder decides what a run believes, so that its callers keep only what spares them work, and nothing secret.
package facts

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// maxFact bounds what is read of a file, and maxFacts how many files stay in a folder: the newest.
const (
	maxFact  = 256 << 10
	maxFacts = 10_000
)

// suffix is that of a fact's file. What has another name is not touched.
const suffix = ".fact.json"

// Store is a folder of facts, each in a file of its own. It is safe for concurrent use, by several processes too: a
// fact is in its file whole, or not at all. A nil Store has no facts and takes none.
type Store struct{ root *os.Root }

// fact is the content of a file. Of says what it is about, so that a file under a wrong name counts for nothing.
type fact struct {
	Of    json.RawMessage `json:"of"`
	Found json.RawMessage `json:"found"`
}

// Open opens a folder, and makes it where there is none.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the folder: %w", err)
	}
	s := &Store{root}
	s.forgetOldest()
	return s, nil
}

// Get reads what was found of something, and reports whether that is there. A file that is cut off, too long, a link
// or about something else is no fact.
func (s *Store) Get(of, found any) bool {
	if s == nil {
		return false
	}
	key, name, err := keyOf(of)
	if err != nil {
		return false
	}
	if info, err := s.root.Lstat(name); err != nil || !info.Mode().IsRegular() || info.Size() > maxFact {
		return false
	}
	content, err := s.root.ReadFile(name)
	if err != nil {
		return false
	}
	var f fact
	if json.Unmarshal(content, &f) != nil || !bytes.Equal(f.Of, key) {
		return false
	}
	decoder := json.NewDecoder(bytes.NewReader(f.Found))
	decoder.DisallowUnknownFields()
	return decoder.Decode(found) == nil
}

// Put keeps what was found of something.
func (s *Store) Put(of, found any) error {
	if s == nil {
		return nil
	}
	key, name, err := keyOf(of)
	if err != nil {
		return err
	}
	value, err := json.Marshal(found)
	if err != nil {
		return err
	}
	content, err := json.Marshal(fact{Of: key, Found: value})
	if err != nil {
		return err
	}
	return s.write(name, content)
}

// write puts a file in its place whole: what a run leaves that is killed has a name that no one looks for.
func (s *Store) write(name string, content []byte) error {
	temporary := fmt.Sprintf("%s.%d.%d.new", name, os.Getpid(), time.Now().UnixNano())
	err := s.root.WriteFile(temporary, content, 0o600)
	if err == nil {
		err = s.root.Rename(temporary, name)
	}
	if err != nil {
		_ = s.root.Remove(temporary) // it may not be there
	}
	return err
}

func keyOf(of any) (key []byte, name string, err error) {
	if key, err = json.Marshal(of); err != nil {
		return nil, "", err
	}
	return key, fmt.Sprintf("%x%s", sha256.Sum256(key), suffix), nil
}

// forgetOldest keeps the folder from growing for ever.
func (s *Store) forgetOldest() {
	entries, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		return
	}
	var ours []fs.FileInfo
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && strings.Contains(entry.Name(), suffix) {
			ours = append(ours, info)
		}
	}
	slices.SortFunc(ours, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for _, info := range ours[min(len(ours), maxFacts):] {
		_ = s.root.Remove(info.Name()) // another process may have done so
	}
}
