//go:build engines

package summary_test

import (
	"bytes"
	"encoding/json"
	"html/template"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// seen is what the script of page.html found in the page that Chromium had drawn.
type seen struct {
	// Charts are the texts in each chart, one per line.
	Charts [][]string
	// Cells are the texts of the tables' cells.
	Cells []string
	// Errors are what Mermaid has against a chart.
	Errors []string
	// Wide are the elements that don't fit the page.
	Wide   []string
	Height int
}

// shown is how much of a page a picture shows, from its top.
const shown = 1010

// show draws a summary in Chromium, in the theme "light" or "dark". With a path, it leaves a picture there.
func show(t *testing.T, summary, theme, picture string) seen {
	t.Helper()
	modules, err := filepath.Abs("../../../bin/browser/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	var body, page bytes.Buffer
	if err := gfm().Convert([]byte(summary), &body); err != nil {
		t.Fatal(err)
	}
	values := map[string]any{"Modules": template.URL("file://" + modules), "Theme": theme,
		"Body": template.HTML(body.String())}
	if err := template.Must(template.ParseFiles("testdata/browser/page.html")).Execute(&page, values); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, page.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	found := readPage(t, chromium(t, "--dump-dom", "file://"+file))
	if picture != "" {
		chromium(t, "--screenshot="+picture, "--window-size=948,"+strconv.Itoa(min(found.Height, shown)), "file://"+file)
	}
	return found
}

var result = regexp.MustCompile(`(?s)<script type="application/json" id="seen">(.*?)</script>`)

func readPage(t *testing.T, dom []byte) seen {
	t.Helper()
	match := result.FindSubmatch(dom)
	if match == nil {
		t.Fatalf("the page has not run to its end; is Mermaid there? `make browser` fetches it:\n%s", dom)
	}
	var s seen
	if err := json.Unmarshal(match[1], &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// browser is Chromium as Debian names it, or as GitHub's runners have it.
func browser() string {
	if _, err := exec.LookPath("chromium"); err != nil {
		return "google-chrome"
	}
	return "chromium"
}

func chromium(t *testing.T, args ...string) []byte {
	t.Helper()
	args = append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--virtual-time-budget=20000",
		"--user-data-dir=" + t.TempDir()}, args...)
	cmd := exec.CommandContext(t.Context(), browser(), args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("chromium: %v; `make browser` installs it\n%s", err, &stderr)
	}
	return out
}
