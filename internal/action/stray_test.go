package action

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
)

func TestProgram_Stray_prints_whole_lines(t *testing.T) {
	var log bytes.Buffer
	p := Program{Stderr: &log, Getenv: func(string) string { return "" }}
	long := strings.Repeat("x", longestLine)
	crash := p.Stray(strings.NewReader("a\r\n\nb\x1b[2J\npanic: at the disco\n" + long + "\nend"))
	if want := "a\n\nb[2J\npanic: at the disco\n" + long + "\nend\n"; log.String() != want ||
		crash != "panic: at the disco" {
		t.Errorf("crash %q, and printed %.200q", crash, log.String())
	}
}

// A plugin that asks on a terminal ends no line.
func TestProgram_Stray_prints_a_question_on_a_terminal(t *testing.T) {
	read, write := io.Pipe()
	printed, log := io.Pipe()
	go Program{Stderr: log, Width: 80, Getenv: func(string) string { return "" }}.Stray(read)
	go func() { _, _ = io.WriteString(write, "Password: ") }()
	got := make(chan string)
	go func() {
		text := make([]byte, 100)
		n, _ := printed.Read(text)
		got <- string(text[:n])
	}()
	select {
	case text := <-got:
		if text != "Password: \n" {
			t.Errorf("printed %q", text)
		}
	case <-time.After(time.Minute):
		t.Error("nothing is printed")
	}
	_ = write.Close()
}
