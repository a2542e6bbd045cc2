package reader

import (
	"strings"
	"unicode"
)

// Items are the entries of a list: one a line; empty lines and lines that start with # are passed over. An entry in
// double quotes may span lines, a doubled quote standing for one, as docker/build-push-action has it.
func Items(text string) []string {
	var list []string
	for text != "" {
		var item string
		item, text = cutItem(text)
		if item != "" && !strings.HasPrefix(item, "#") {
			list = append(list, item)
		}
	}
	return list
}

// cutItem takes the first entry off a list.
func cutItem(text string) (item, rest string) {
	text = strings.TrimLeft(text, " \t\r\n")
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		if end := closingQuote(quoted); end >= 0 {
			return strings.ReplaceAll(quoted[:end], `""`, `"`), quoted[end+1:]
		}
	}
	item, rest, _ = strings.Cut(text, "\n")
	return strings.TrimSpace(item), rest
}

// closingQuote finds the quote that ends an entry: the first that is not doubled and has the end of a line behind it.
func closingQuote(text string) int {
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] != '"':
		case i+1 < len(text) && text[i+1] == '"':
			i++
		default:
			line, _, _ := strings.Cut(text[i+1:], "\n")
			if strings.TrimSpace(line) == "" {
				return i
			}
			return -1
		}
	}
	return -1
}

// Pairs reads a list of KEY=VALUE. A key that is given twice has its last value. What is wrong is reported by its place
// alone, since a secret may stand there.
func (p *Reader) Pairs(where string, list []string) map[string]string {
	var values map[string]string
	for i, item := range list {
		key, value, ok := strings.Cut(item, "=")
		if !ok || key == "" {
			p.Problem("%s, entry %d: not KEY=VALUE", where, i+1)
			continue
		}
		if values == nil {
			values = map[string]string{}
		}
		values[key] = value
	}
	return values
}

// Separates reports what separates the items of a list: commas, as on a command line, or new lines, as in a workflow.
func Separates(r rune) bool { return r == ',' || unicode.IsSpace(r) }
