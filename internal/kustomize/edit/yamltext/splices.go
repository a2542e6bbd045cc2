package yamltext

import (
	"bytes"
	"fmt"
	"slices"
)

// splice replaces content[start:end] by text.
type splice struct {
	start, end int
	text       string
}

// splices are replacements that wait for apply.
type splices []splice

func (s *splices) splice(start, end int, text string) { *s = append(*s, splice{start, end, text}) }

// apply makes all replacements at once. Those at one place keep their order, insertions first.
func (s splices) apply(content []byte) ([]byte, error) {
	ordered := slices.Clone(s)
	slices.SortStableFunc(ordered, func(a, b splice) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return a.end - b.end
	})
	var edited bytes.Buffer
	last := 0
	for _, next := range ordered {
		if next.start < last {
			return nil, fmt.Errorf("edits meet at byte %d", next.start)
		}
		edited.Write(content[last:next.start])
		edited.WriteString(next.text)
		last = next.end
	}
	edited.Write(content[last:])
	return edited.Bytes(), nil
}
