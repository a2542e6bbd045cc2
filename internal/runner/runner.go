// Package runner speaks to the GitHub Actions runner: workflow commands, step outputs and the job summary.
// It wraps go-githubactions where that library panics or uses a fixed delimiter.
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
	"strings"

	"github.com/sethvargo/go-githubactions"
)

// Runner writes workflow commands to one writer, the step's standard output.
type Runner struct {
	actions *githubactions.Action
	getenv  func(string) string
}

// New returns a Runner that writes commands to w and finds its files through getenv.
func New(w io.Writer, getenv func(string) string) *Runner {
	return &Runner{
		actions: githubactions.New(githubactions.WithWriter(w), githubactions.WithGetenv(getenv)),
		getenv:  getenv,
	}
}

// WithHTTP returns a Runner that asks for ID tokens through client.
func (r *Runner) WithHTTP(client *http.Client) *Runner {
	actions := *r.actions
	githubactions.WithHTTPClient(client)(&actions)
	return &Runner{actions: &actions, getenv: r.getenv}
}

// Detected tells whether the program runs as a step of a workflow.
func Detected(getenv func(string) string) bool { return getenv("GITHUB_ACTIONS") == "true" }

// InContainer tells whether the program runs as a container action: the runner mounts the workspace there
// (https://docs.github.com/actions/reference/workflows-and-actions/dockerfile-support#workdir).
func InContainer(getenv func(string) string) bool {
	return Detected(getenv) && getenv("GITHUB_WORKSPACE") == "/github/workspace"
}

// Mask makes the runner print *** wherever secret would appear in the log. Each line of a secret is masked,
// since the log is matched line by line. Outside a runner it does nothing: there the command would be the secret itself.
func (r *Runner) Mask(secret string) {
	if !Detected(r.getenv) {
		return
	}
	for line := range strings.Lines(secret) {
		if line = strings.TrimSpace(line); line != "" {
			r.actions.AddMask(line)
		}
	}
}

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
		properties["title"] = a.Title
	}
	if a.File != "" {
		properties["file"] = a.File
	}
	if a.File != "" && a.Line > 0 {
		properties["line"] = strconv.Itoa(a.Line)
	}
	r.actions.IssueCommand(&githubactions.Command{Name: a.Level, Message: a.Message, Properties: properties})
}

// SetOutput sets an output of the step; outside a runner it does nothing.
// The delimiter is random, so that a value can't end its own block and set another output.
func (r *Runner) SetOutput(name, value string) error {
	delimiter := "output_" + rand.Text()
	return r.fileCommand("output", "GITHUB_OUTPUT", fmt.Sprintf("%s<<%s\n%s\n%s", name, delimiter, value, delimiter))
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
	return r.fileCommand("step-summary", "GITHUB_STEP_SUMMARY", markdown)
}

func (r *Runner) fileCommand(command, variable, message string) (err error) {
	if r.getenv(variable) == "" {
		return nil
	}
	defer func() {
		if cause := recover(); cause != nil {
			err = errors.Join(err, fmt.Errorf("writing to the file in %s: %v", variable, cause))
		}
	}()
	r.actions.IssueFileCommand(&githubactions.Command{Name: command, Message: message})
	return nil
}
