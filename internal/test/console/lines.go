package console

import (
	"regexp"
	"strings"
)

// lines reads a text line by line; at counts those that were read.
type lines struct {
	all []string
	at  int
}

func (l *lines) more() bool { return l.at < len(l.all) }

func (l *lines) next() string {
	l.at++
	return l.all[l.at-1]
}

var hereDocument = regexp.MustCompile(`<<-?'?(\w+)'?`)

// command reads the lines that belong to a command whose first line was read.
func (l *lines) command(text string) string {
	for l.more() && strings.HasSuffix(text, "\\\n") {
		text += l.next()
	}
	if end := hereDocument.FindStringSubmatch(text); end != nil {
		for l.more() && !strings.HasSuffix(text, "\n"+end[1]+"\n") {
			text += l.next()
		}
	}
	return strings.TrimSuffix(text, "\n")
}

// output reads up to the next command or the end of the block.
func (l *lines) output() string {
	var text strings.Builder
	for l.more() && !strings.HasPrefix(l.all[l.at], prompt) && !strings.HasPrefix(l.all[l.at], fence) {
		text.WriteString(l.next())
	}
	return text.String()
}
