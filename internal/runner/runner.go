// Package runner is the only way to what people and GitHub read of a run: the log, with the runner's workflow commands
// in it, the step's outputs and the job summary. Text is data on this way: no secret, no control character, and on a
// runner no line that it would obey.
package runner

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"sync"

	"github.com/sethvargo/go-githubactions"

	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
)

// Runner writes to one log, the step's standard output on a runner. It is safe for concurrent use.
type Runner struct {
	actions *githubactions.Action
	getenv  func(string) string
	log     *log
	secrets *redact.Secrets
}

// log is where everything goes, one whole line at a time.
type log struct {
	mu sync.Mutex
	w  io.Writer
}

// Write does not fail, at which go-githubactions would panic: a log that can't be written to has nobody to tell.
func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.w.Write(p)
	return len(p), nil
}

// isFile reports whether the log goes to a file. No runner reads it there, and whoever keeps the file would keep the
// secrets that it names.
func (l *log) isFile() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	file, ok := l.w.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode().IsRegular()
}

// New returns a Runner that logs to w and finds its files through getenv.
func New(w io.Writer, getenv func(string) string) *Runner {
	l := &log{w: w}
	return &Runner{
		actions: githubactions.New(githubactions.WithWriter(l), githubactions.WithGetenv(getenv)),
		getenv:  getenv,
		log:     l,
		secrets: &redact.Secrets{},
	}
}

// LogTo makes w the log from now on.
func (r *Runner) LogTo(w io.Writer) {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	r.log.w = w
}

// LogsTo reports whether w is the log.
func (r *Runner) LogsTo(w io.Writer) bool {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	return r.log.w == w
}

// WithHTTP returns a Runner that asks for ID tokens through client.
func (r *Runner) WithHTTP(client *http.Client) *Runner {
	actions, other := *r.actions, *r
	githubactions.WithHTTPClient(client)(&actions)
	other.actions = &actions
	return &other
}

// Detected reports whether the program runs as a step of a workflow.
func Detected(getenv func(string) string) bool { return getenv("GITHUB_ACTIONS") == "true" }

// Detected reports whether the program runs as a step of a workflow.
func (r *Runner) Detected() bool { return Detected(r.getenv) }

// InContainer reports whether the program runs as a container action: the runner mounts the workspace there
// (https://docs.github.com/actions/reference/workflows-and-actions/dockerfile-support#workdir).
func InContainer(getenv func(string) string) bool {
	return Detected(getenv) && getenv("GITHUB_WORKSPACE") == "/github/workspace"
}

// Mask hides a secret from now on: in all that goes through this Runner and, on a real runner, in the whole job's log.
// Elsewhere, in a file too, the command would show the secret itself.
func (r *Runner) Mask(secret string) {
	for _, line := range r.secrets.Add(secret) {
		if r.Detected() && !r.log.isFile() {
			r.actions.AddMask(line)
		}
	}
}

// Learn hides a secret in all that goes through this Runner, without a command to the runner.
func (r *Runner) Learn(secret string) { r.secrets.Add(secret) }

// Redact returns text without secrets.
func (r *Runner) Redact(text string) string { return r.secrets.Text(text) }

// Clean returns text without secrets, and without what its reader would obey: a runner's commands, a terminal's
// controls.
func (r *Runner) Clean(text string) string {
	text = r.Redact(redact.Printable(text)) // a control character may divide a secret
	if r.Detected() {
		return Neutralize(text)
	}
	return text
}

// Print logs lines of text.
func (r *Runner) Print(text string) {
	_, _ = io.WriteString(r.log, r.Clean(text)+"\n")
}

// Raw returns the log itself, for one who has cleaned what is written to it.
func (r *Runner) Raw() io.Writer { return r.log }

// Group opens a foldable group in the log; EndGroup closes it.
func (r *Runner) Group(title string) { r.actions.Group(title) }

// EndGroup closes the group opened last.
func (r *Runner) EndGroup() { r.actions.EndGroup() }

// Annotation is a message that GitHub shows on a line of a file, or on the run when it names no file.
type Annotation struct {
	// Level is "error", "warning" or "notice".
	Level   string
	Title   string
	Message string
	// File is relative to the repository's root, Line counts from 1; 0 is unknown.
	File string
	Line int
}

// Annotate issues the annotation.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message
func (r *Runner) Annotate(a Annotation) {
	properties := githubactions.CommandProperties{}
	if a.Title != "" {
		properties["title"] = r.Clean(a.Title)
	}
	if a.File != "" {
		properties["file"] = r.Clean(a.File)
	}
	if a.File != "" && a.Line > 0 {
		properties["line"] = strconv.Itoa(a.Line)
	}
	r.actions.IssueCommand(&githubactions.Command{Name: a.Level, Message: r.Clean(a.Message), Properties: properties})
}

// SetOutput sets an output of the step; outside a runner it does nothing.
// The delimiter is random, so that a value can't end its own block and set another output.
func (r *Runner) SetOutput(name, value string) error {
	delimiter := "output_" + rand.Text()
	return r.appendTo("GITHUB_OUTPUT", fmt.Sprintf("%s<<%s\n%s\n%s\n", name, delimiter, r.Redact(value), delimiter))
}

// SummaryRoom is how much of limit, in bytes, the step's earlier commands have left in the job summary's file.
func (r *Runner) SummaryRoom(limit int) (int, error) {
	file, err := os.Stat(r.getenv("GITHUB_STEP_SUMMARY"))
	if errors.Is(err, fs.ErrNotExist) {
		return limit, nil
	}
	if err != nil {
		return 0, fmt.Errorf("looking at the file in GITHUB_STEP_SUMMARY: %w", err)
	}
	return max(0, limit-int(file.Size())), nil
}

// Summarize appends Markdown to the job summary; outside a runner it does nothing.
func (r *Runner) Summarize(markdown string) error {
	return r.appendTo("GITHUB_STEP_SUMMARY", r.Redact(markdown)+"\n")
}

// appendTo appends to the file that a variable names. go-githubactions would panic where it can't, and its delimiter is
// the same each time.
func (r *Runner) appendTo(variable, text string) error {
	path := r.getenv(variable)
	if path == "" {
		return nil
	}
	//nolint:gosec // readable as the runner itself makes it, since other steps read it
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("writing to the file in %s: %w", variable, err)
	}
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("writing to the file in %s: %w", variable, err)
	}
	return nil
}
