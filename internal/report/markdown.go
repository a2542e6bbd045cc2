package report

import "strings"

// codeBlock fences text that may itself hold fences.
func codeBlock(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return "  " + strings.ReplaceAll(fence+"yaml\n"+strings.TrimRight(text, "\n")+"\n"+fence, "\n", "\n  ") + "\n"
}

// markdownText keeps untrusted text from making links, mentions, HTML or list items.
func markdownText(text string) string {
	return strings.NewReplacer(`\`, `\\`, "<", "&lt;", "@", "@\u200b", "[", `\[`, "`", "\\`", "*", `\*`, "_", `\_`, "|", `\|`, "\n", "\n  ").Replace(text)
}

// markdown is a table of rows, or "" without rows.
func markdown(rows [][]string) string {
	if rows == nil {
		return ""
	}
	return markdownTable(rows)
}

// markdownTable lays the same rows out as a Markdown table.
func markdownTable(rows [][]string) string {
	var text strings.Builder
	for i, row := range rows {
		text.WriteString("|")
		for _, cell := range row {
			text.WriteString(" " + markdownCell(cell) + " |")
		}
		text.WriteString("\n")
		if i == 0 {
			text.WriteString("|" + strings.Repeat(" --- |", len(row)) + "\n")
		}
	}
	return text.String()
}

func markdownCell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", "@", "@\u200b").Replace(text)
}
