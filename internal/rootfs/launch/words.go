package launch

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// words are a command's arguments as the shell would pass them on. What only a run could show contains unknown; so do
// words that no kernel would take, since a script can double a variable line by line.
func (s *script) words(list []*syntax.Word) (words []string) {
	size := 0
	for _, w := range list {
		more := s.word(w)
		for _, word := range more {
			const pointer = 8 // counts, too
			size += len(word) + 1 + pointer
		}
		s.steps += 1 + len(more)
		if size > rootfs.MaxArgs {
			return []string{unknown}
		}
		words = append(words, more...)
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
	return []string{joined(w.Parts, s.part)}
}

// joined is the text of parts, or unknown where it is longer than an argument may be.
func joined(parts []syntax.WordPart, value func(syntax.WordPart) string) string {
	var text strings.Builder
	for _, part := range parts {
		if text.WriteString(value(part)); text.Len() >= rootfs.MaxArg {
			return unknown
		}
	}
	return text.String()
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
		return joined(p.Parts, s.quoted)
	case *syntax.ParamExp:
		return s.variable(p)
	}
	return unknown
}

// literal is unquoted text; patterns, escapes and ~ are the shell's to resolve.
func literal(text string) string {
	if text != "]" && (strings.ContainsAny(text, `*?\]`) || strings.HasPrefix(text, "~")) {
		return unknown
	}
	return text
}

// quoted takes patterns as they are.
func (s *script) quoted(part syntax.WordPart) string {
	if literal, ok := part.(*syntax.Lit); ok && !strings.Contains(literal.Value, `\`) {
		return literal.Value
	}
	return s.part(part)
}

// variable is what the image or the script sets a variable to. One that neither sets may come from the pod.
func (s *script) variable(p *syntax.ParamExp) string {
	if !isPlain(p) || s.isLost(p.Param.Value) {
		return unknown
	}
	name := p.Param.Value
	if n, err := strconv.Atoi(name); err == nil {
		if s.isLost(lostParams) || n < 1 || n > len(s.params) {
			return unknown
		}
		return s.params[n-1]
	}
	if value, ok := s.env[name]; ok {
		return value
	}
	return unknown
}

// isPlain reports whether an expansion is $NAME or ${NAME}, with nothing done to its value.
func isPlain(p *syntax.ParamExp) bool {
	return p.Param != nil && p.Index == nil && p.Slice == nil && p.Repl == nil && p.Exp == nil &&
		!p.Excl && !p.Length && !p.Width && p.Names == 0
}
