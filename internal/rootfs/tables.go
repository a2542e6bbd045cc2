package rootfs

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// What a layer's descriptor says about a table of contents.
const (
	stargzDigest    = "containerd.io/snapshot/stargz/toc.digest"            // of the JSON
	chunkedPosition = "io.github.containers.zstd-chunked.manifest-position" // offset:packed:unpacked:type
	chunkedChecksum = "io.github.containers.zstd-chunked.manifest-checksum" // of the packed JSON
	stargzFooter    = 51                                                    // bytes; an empty gzip member with an extra field
	stargzName      = "stargz.index.json"                                   // in a tar archive of its own
	stargzMagic     = "STARGZ"                                              // stands behind the offset, 16 hexadecimal digits
)

// table finds the layer's table of contents; nil if it has none.
func (l *Layer) table() (*table, error) {
	switch a := l.source.Annotations; {
	case a[chunkedPosition] != "" && a[chunkedChecksum] != "":
		return l.chunkedTable(a[chunkedPosition], a[chunkedChecksum])
	case a[stargzDigest] != "":
		return l.stargzTable(a[stargzDigest])
	}
	return nil, nil
}

func (l *Layer) chunkedTable(position, checksum string) (*table, error) {
	var offset, packed, unpacked, kind int64
	if _, err := fmt.Sscanf(position, "%d:%d:%d:%d", &offset, &packed, &unpacked, &kind); err != nil {
		return nil, fmt.Errorf("annotation %s: %w", chunkedPosition, err)
	}
	if max(packed, unpacked) > l.limits.Table {
		return nil, tooLarge(l.limits)
	}
	blob, err := l.source.Range(offset, packed)
	if err != nil {
		return nil, err
	}
	checked := &digested{Reader: blob, blob: blob, hash: sha256.New(), want: checksum}
	content, err := unpack(checked, l.tableLimits())
	if err != nil {
		return nil, err
	}
	return &table{content: content, start: offset}, nil
}

func (l *Layer) stargzTable(digest string) (*table, error) {
	start, err := l.stargzStart()
	if err != nil {
		return nil, err
	}
	length := l.source.Size - stargzFooter - start
	if length > l.limits.Table {
		return nil, tooLarge(l.limits)
	}
	blob, err := l.source.Range(start, length)
	if err != nil {
		return nil, err
	}
	archive, err := unpack(blob, l.tableLimits())
	if err != nil {
		return nil, err
	}
	content := tar.NewReader(archive)
	if header, err := content.Next(); err != nil || header.Name != stargzName {
		missing := fmt.Errorf("no %s where the table of contents should stand", stargzName)
		return nil, errors.Join(missing, err, archive.Close())
	}
	return &table{content: &digested{Reader: content, blob: archive, hash: sha256.New(), want: digest}, start: start}, nil
}

// stargzStart reads from the blob's end where its table of contents stands.
func (l *Layer) stargzStart() (int64, error) {
	blob, err := l.source.Range(l.source.Size-stargzFooter, stargzFooter)
	if err != nil {
		return 0, err
	}
	defer blob.Close()
	footer, err := io.ReadAll(io.LimitReader(blob, stargzFooter))
	if err != nil {
		return 0, err
	}
	const digits = 16
	at := bytes.Index(footer, []byte(stargzMagic))
	if at < digits {
		return 0, errors.New("the blob does not end as eStargz does")
	}
	start, err := strconv.ParseInt(string(footer[at-digits:at]), 16, 64)
	if err == nil && (start <= 0 || start >= l.source.Size-stargzFooter) {
		err = fmt.Errorf("the table of contents starts at %d of %d bytes", start, l.source.Size)
	}
	return start, err
}

func (l *Layer) tableLimits() Limits {
	limits := l.limits
	limits.Bytes = limits.Table
	return limits
}

func tooLarge(limits Limits) error {
	return &LimitError{What: "bytes of a layer's table of contents", Limit: limits.Table}
}
