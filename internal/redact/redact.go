// Package redact takes out of text what must not be shown: secrets, and characters that steer whoever displays it.
package redact

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// Secrets replaces the secrets that it knows. The zero value knows none. It is safe for concurrent use.
type Secrets struct {
	mu       sync.RWMutex
	forms    []string
	replacer *strings.Replacer
}

// hidden takes the place of a secret, as on a GitHub Actions runner.
const hidden = "***"

// leastLength is the length of the shortest line that counts as secret: to hide "{" or "a" would make every log
// unreadable, and tell what the line is.
const leastLength = 3

// Add learns a secret and returns its lines that are to be hidden, since a log is matched line by line. Lines that are
// too short, or without a letter or digit, such as the braces of a JSON key, are left out.
func (s *Secrets) Add(secret string) []string {
	var lines []string
	for line := range strings.Lines(secret) {
		line = strings.TrimSpace(line)
		if len(line) >= leastLength && strings.ContainsFunc(line, isWord) {
			lines = append(lines, line)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range lines {
		for _, form := range Forms(line) {
			if !slices.Contains(s.forms, form) {
				s.forms = append(s.forms, form)
			}
		}
	}
	s.replacer = newReplacer(s.forms)
	return lines
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// Forms are the ways in which a secret is written where servers and libraries quote it, in texts, JSON, addresses, HTML
// and base64, the longest first.
func Forms(secret string) []string {
	asJSON, _ := json.Marshal(secret) // a string always encodes
	escaped := strings.ReplaceAll(url.QueryEscape(secret), "+", "%20")
	forms := []string{secret, html.EscapeString(secret)}
	for _, quoted := range []string{string(asJSON), strconv.Quote(secret), strconv.QuoteToASCII(secret)} {
		quoted = quoted[1 : len(quoted)-1]
		forms = append(forms, quoted, strings.ReplaceAll(quoted, "/", `\/`))
	}
	for _, escaped := range []string{url.QueryEscape(secret), url.PathEscape(secret), escaped,
		strings.ReplaceAll(escaped, "%2F", "/")} {
		forms = append(forms, escaped, inPercent.ReplaceAllStringFunc(escaped, strings.ToLower))
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		encoded := encoding.EncodeToString([]byte(secret))
		forms = append(forms, encoded, strings.TrimRight(encoded, "="))
	}
	slices.SortFunc(forms, longestFirst)
	return slices.Compact(forms)
}

// inPercent is a byte in an address, whose letters may be of either case.
var inPercent = regexp.MustCompile(`%[0-9A-F]{2}`)

func longestFirst(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) }

// newReplacer prefers longer secrets: one may be a part of another.
func newReplacer(forms []string) *strings.Replacer {
	slices.SortFunc(forms, longestFirst)
	var pairs []string
	for _, form := range forms {
		pairs = append(pairs, form, hidden)
	}
	return strings.NewReplacer(pairs...)
}

// Text returns text without the secrets, and without what is a secret by its place: the password in a URL, and the
// credentials of an Authorization header.
func (s *Secrets) Text(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.replacer != nil {
		text = s.replacer.Replace(text)
	}
	text = inURL.ReplaceAllStringFunc(text, withoutUser)
	return inHeader.ReplaceAllString(text, "${1} "+hidden)
}

// withoutUser takes the user out of the beginning of a URL. The user git is everybody.
func withoutUser(text string) string {
	scheme, user, _ := strings.Cut(text, "://")
	if user == "git@" {
		return text
	}
	return scheme + "://" + hidden + "@"
}

var (
	// inURL is https://user:password@host and https://token@host. Addresses with a digest, host/app@sha256:…, have a
	// slash before the at sign.
	inURL = regexp.MustCompile(`\b[A-Za-z][A-Za-z0-9+.-]*://[^/\s@"'<>\\]+@`)
	// inHeader is `Basic dXNlcjpwYXNz` or `Bearer eyJ…`; a challenge such as `Bearer realm="…"` is none.
	inHeader = regexp.MustCompile(`(?i)\b(basic|bearer) [A-Za-z0-9+/_.~-]{16,}=*`)
)

// Printable leaves out what is no text: control characters other than line ends and tabs, which steer a terminal or
// hide where a line begins; those that turn the direction of reading, which make a text look like another one; and
// broken UTF-8. A carriage return ends a line.
func Printable(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\r\n", "\n"), "\r", "\n")
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && Steers(r) {
			return -1
		}
		return r
	}, text)
}

// OneLine is Printable on a single line.
func OneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		return r
	}, Printable(text))
}

// Steers reports characters that act on a display instead of being shown.
func Steers(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' ||
		r == unicode.ReplacementChar
}
