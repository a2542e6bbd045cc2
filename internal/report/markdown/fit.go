package markdown

import "strings"

// Fit joins parts as long as they have room, in bytes, and says how many were left out.
func Fit(room int, parts []string, leftOut func(n int) string) string {
	whole := strings.Join(parts, "")
	if len(whole) <= room {
		return whole
	}
	room -= len(leftOut(len(parts)))
	var text strings.Builder
	for i, part := range parts {
		if text.Len()+len(part) > room {
			return text.String() + leftOut(len(parts)-i)
		}
		text.WriteString(part)
	}
	return text.String()
}

// Cut shortens text to a number of bytes, at the end of a letter.
func Cut(text string, room int) string {
	if len(text) <= room {
		return text
	}
	return strings.ToValidUTF8(text[:max(0, room-len("…"))], "") + "…"
}
