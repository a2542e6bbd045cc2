package rootfs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// tableFrom is the size from which a layer's table of contents is worth its requests; smaller blobs come in one.
const tableFrom = 512 << 10

// place is where a file's content starts in the blob.
type place struct {
	offset int64 // of a gzip member or zstd frame
	inner  int64 // of the content in it, unpacked
	end    int64 // no byte of the content stands here or later
}

// tableEntry is an entry of a table of contents; eStargz and zstd:chunked spell them alike.
// https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md
// https://github.com/containers/storage/blob/main/docs/containers-storage-zstd-chunked.md
type tableEntry struct {
	Type        string `json:"type"`
	Name        string `json:"name"`
	LinkName    string `json:"linkName"`
	Mode        int64  `json:"mode"`
	Size        int64  `json:"size"`
	Offset      int64  `json:"offset"`
	EndOffset   int64  `json:"endOffset"`
	InnerOffset int64  `json:"innerOffset"`
}

// table is a layer's table of contents, ready to be read.
type table struct {
	// content is the JSON; its Close checks it against the digest that the manifest names.
	content io.ReadCloser
	// start is where it stands in the blob, behind all files.
	start int64
}

// openTable fills the layer from its table of contents, if it has one that can be read. One that can't is passed
// over, since the archive itself says the same.
func (l *Layer) openTable() (done bool, err error) {
	if l.source.Range == nil || l.source.Size < tableFrom {
		return false, nil
	}
	t, err := l.table()
	if t == nil || err != nil {
		return false, limitOnly(err)
	}
	if err = errors.Join(l.readTable(t), t.content.Close()); err != nil {
		clear(l.entries)
		clear(l.hidden)
		clear(l.opaque)
		l.count = 0
		return false, limitOnly(err)
	}
	l.complete, l.listed = true, true
	return true, nil
}

func limitOnly(err error) error {
	var limit *LimitError
	if errors.As(err, &limit) {
		return err
	}
	return nil
}

// readTable decodes entry by entry: a table can be large.
func (l *Layer) readTable(t *table) error {
	decoder := json.NewDecoder(t.content)
	if err := skipTo(decoder, "entries"); err != nil {
		return err
	}
	for decoder.More() {
		var e tableEntry
		if err := decoder.Decode(&e); err != nil {
			return fmt.Errorf("reading the table of contents: %w", err)
		}
		if err := l.addListed(e, t.start); err != nil {
			return err
		}
	}
	_, err := io.Copy(io.Discard, io.MultiReader(decoder.Buffered(), t.content)) // for the digest
	return err
}

// skipTo reads up to the start of the list under a key of the outermost object.
func skipTo(decoder *json.Decoder, key string) error {
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		if name == key {
			_, err = decoder.Token()
			return err
		}
		var other json.RawMessage
		if err := decoder.Decode(&other); err != nil {
			return err
		}
	}
	return fmt.Errorf("the table of contents has no %s", key)
}

func (l *Layer) addListed(listed tableEntry, end int64) error {
	if err := l.counted(); err != nil {
		return err
	}
	if listed.Type == "chunk" || l.whiteout(listed.Name) {
		return nil
	}
	e := &entry{mode: listed.Mode, size: listed.Size}
	switch listed.Type {
	case "dir":
		e.kind = kindDirectory
	case "symlink":
		e.kind, e.target = kindSymlink, listed.LinkName
	case "hardlink":
		e = l.linked(listed.LinkName, e.mode)
	case "reg":
		if listed.EndOffset > 0 {
			end = listed.EndOffset
		}
		e.place = placeOf(listed, end)
	}
	l.keep(listed.Name, e)
	return nil
}

func placeOf(listed tableEntry, end int64) *place {
	if listed.Size == 0 {
		return nil
	}
	return &place{offset: listed.Offset, inner: listed.InnerOffset, end: end}
}
