package rootfs

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// words are a command's arguments as the shell would pass them on. What only a run could tell holds unknown.
func (s *script) words(list []*syntax.Word) (words []string) {
	for _, w := range list {
		words = append(words, s.word(w)...)
	}
	return words
}

// word is one, but for "$@", which is as many as there are parameters.
func (s *script) word(w *syntax.Word) []string {
	if w == nil {
		return []string{""}
	}
	if isAllParams(w) {
		if s.isLost(lostParams) {
			return []string{unknown}
		}
		return s.params
	}
	var text strings.Builder
	for _, part := range w.Parts {
		text.WriteString(s.part(part))
	}
	return []string{text.String()}
}

// isAllParams knows "$@", $@ and $*, plain.
func isAllParams(w *syntax.Word) bool {
	if len(w.Parts) != 1 {
		return false
	}
	part := w.Parts[0]
	if quoted, ok := part.(*syntax.DblQuoted); ok && len(quoted.Parts) == 1 {
		part = quoted.Parts[0]
	}
	expansion, ok := part.(*syntax.ParamExp)
	return ok && isPlain(expansion) && (expansion.Param.Value == "@" || expansion.Param.Value == "*")
}

func (s *script) part(part syntax.WordPart) string {
	switch p := part.(type) {
	case *syntax.Lit:
		return literal(p.Value)
	case *syntax.SglQuoted:
		if !p.Dollar {
			return p.Value
		}
	case *syntax.DblQuoted:
		var text strings.Builder
		for _, inner := range p.Parts {
			text.WriteString(s.quoted(inner))
		}
		return text.String()
	case *syntax.ParamExp:
		return s.variable(p)
	}
	return unknown
}

// literal is what stands unquoted; patterns, escapes and ~ are the shell's to resolve.
func literal(text string) string {
	if text != "]" && (strings.ContainsAny(text, `*?\]`) || strings.HasPrefix(text, "~")) {
		return unknown
	}
	return text
}

// quoted takes patterns as they stand.
func (s *script) quoted(part syntax.WordPart) string {
	if literal, ok := part.(*syntax.Lit); ok && !strings.Contains(literal.Value, `\`) {
		return literal.Value
	}
	return s.part(part)
}

// variable is what the image or the script sets a variable to. One that neither sets may come from the pod.
func (s *script) variable(p *syntax.ParamExp) string {
	name := p.Param.Value
	if !isPlain(p) || s.isLost(name) {
		return unknown
	}
	if n, err := strconv.Atoi(name); err == nil {
		if s.isLost(lostParams) || n < 1 || n > len(s.params) {
			return unknown
		}
		return s.params[n-1]
	}
	value := unknown
	for _, kv := range s.env {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			value = v
		}
	}
	return value
}

// isPlain tells $NAME and ${NAME} from all that shells can do with a variable on top.
func isPlain(p *syntax.ParamExp) bool {
	return p.Param != nil && p.Index == nil && p.Slice == nil && p.Repl == nil && p.Exp == nil &&
		!p.Excl && !p.Length && !p.Width && p.Names == 0
}
