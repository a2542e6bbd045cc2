package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"

	"go.yaml.in/yaml/v3"
)

// A parsed document takes twenty times the memory of its text, and a schema may have megabytes. So it is read in
// pieces: the fields of a mapping, and those of a field's mapping in turn where it is larger than pieceSize. A piece
// has to be YAML by itself, of one field: where a line only looks like the beginning of one, nothing is read in pieces.
const pieceSize = 32 << 10

// simpleKey is the line of a field whose value is below it.
var simpleKey = regexp.MustCompile(`^ *([A-Za-z_$][A-Za-z0-9_.$/-]*):[ \r]*\n$`)

// errOdd says that a schema is written in a way that is not read in pieces.
var errOdd = errors.New("the schema is no block of plain fields")

// appendMapping appends the JSON of a mapping, which the lines are.
func appendMapping(to []byte, lines [][]byte) ([]byte, error) {
	pieces := piecesOf(lines)
	if len(pieces) == 0 {
		return nil, errOdd
	}
	known := map[string]bool{}
	to = append(to, '{')
	for i, piece := range pieces {
		if i > 0 {
			to = append(to, ',')
		}
		var err error
		if to, err = appendField(to, piece, known); err != nil {
			return nil, err
		}
	}
	return append(to, '}'), nil
}

// piecesOf divides the lines of a mapping into those of its fields. Blank lines and comments belong to the field above;
// so do items of a list, which may have the indentation of its field. There are none where the indentation is broken.
func piecesOf(lines [][]byte) (pieces [][][]byte) {
	indent := -1
	for _, line := range lines {
		n := indentOf(line)
		switch {
		case isBlank(line) || line[n] == '#' || n > indent && indent >= 0 || n == indent && isItem(line[n:]):
			if last := len(pieces) - 1; last >= 0 {
				pieces[last] = append(pieces[last], line)
			}
		case indent < 0 || n == indent:
			indent = n
			pieces = append(pieces, [][]byte{line})
		default:
			return nil
		}
	}
	return pieces
}

func isItem(text []byte) bool {
	return len(text) > 1 && text[0] == '-' && (text[1] == ' ' || isBlank(text[1:]))
}

// appendField appends the JSON of one field. Known are the names of its neighbours.
func appendField(to []byte, lines [][]byte, known map[string]bool) ([]byte, error) {
	size := 0
	for _, line := range lines {
		size += len(line)
	}
	key := simpleKey.FindSubmatch(lines[0])
	if size <= pieceSize || key == nil || !isMapping(lines) {
		return appendPiece(to, bytes.Join(lines, nil), known)
	}
	// What such a key is, such as a number, depends on its text alone.
	to, err := appendPiece(to, []byte(string(key[1])+": 0"), known)
	if err != nil {
		return nil, err
	}
	return appendMapping(to[:len(to)-len("0")], lines[1:])
}

// isMapping reports whether the first thing below a key is one field of a mapping.
func isMapping(lines [][]byte) bool {
	for _, line := range lines[1:] {
		if n := indentOf(line); !isBlank(line) && line[n] != '#' {
			return n > indentOf(lines[0]) && !isItem(line[n:])
		}
	}
	return false
}

// appendPiece appends the JSON of a text of one field.
func appendPiece(to, text []byte, known map[string]bool) ([]byte, error) {
	var doc, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&doc); err != nil {
		return nil, err
	}
	if decoder.Decode(&more) != io.EOF || len(doc.Content) != 1 || !isPlain(&doc) { //nolint:errorlint // as it is
		return nil, errOdd
	}
	mapping := doc.Content[0]
	if mapping.Kind != yaml.MappingNode || len(mapping.Content) != 2 {
		return nil, errOdd
	}
	key := mapping.Content[0]
	if key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" || known[key.Value] {
		return nil, errOdd
	}
	known[key.Value] = true
	var value any
	if err := mapping.Content[1].Decode(&value); err != nil {
		return nil, err
	}
	if to, err := appendJSON(to, key.Value); err == nil {
		return appendJSON(append(to, ':'), value)
	}
	return nil, errOdd
}

// appendJSON appends a value as the results of a render are written.
func appendJSON(to []byte, value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return append(to, bytes.TrimRight(text.Bytes(), "\n")...), nil
}

// isPlain reports whether there is nothing in a node whose meaning depends on another part of the document, or on who
// reads it.
func isPlain(node *yaml.Node) bool {
	if node.Kind == yaml.AliasNode || node.Anchor != "" || node.Style&yaml.TaggedStyle != 0 ||
		node.ShortTag() == "!!merge" {
		return false
	}
	for _, child := range node.Content {
		if !isPlain(child) {
			return false
		}
	}
	return true
}
