package runner

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
)

func TestStray_prints_whole_lines(t *testing.T) {
	var log bytes.Buffer
	r := New(&log, func(string) string { return "" })
	long := strings.Repeat("x", longestLine)
	crash := r.Stray(strings.NewReader("a\r\n\nb\x1b[2J\npanic: at the disco\n"+long+"\nend"), false)
	if want := "a\n\nb[2J\npanic: at the disco\n" + long + "\nend\n"; log.String() != want ||
		crash != "panic: at the disco" {
		t.Errorf("crash %q, and printed %.200q", crash, log.String())
	}
}

// A plugin that asks on a terminal ends no line.
func TestStray_prints_a_question_on_a_terminal(t *testing.T) {
	read, write := io.Pipe()
	printed, log := io.Pipe()
	go New(log, func(string) string { return "" }).Stray(read, true)
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
