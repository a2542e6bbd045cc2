package console

import (
	"fmt"
	"strings"
	"time"
)

// Walk types the commands of a page.
type Walk struct {
	// Dir is the folder in which each terminal starts.
	Dir string
	// Env is the whole environment of the shells, NAME=value.
	Env []string
	// Stands is what the page has for something that this walk calls otherwise, such as a port that is taken:
	// pairs of the page's text and the walk's.
	Stands []string
	// Timeout bounds each command; Settle how long a command that looks at a cluster is typed again while its output is
	// not the page's, since a cluster moves by itself.
	Timeout, Settle time.Duration
}

// Difference is a command whose output is not what the page says.
type Difference struct {
	Step Step
	// Output is what the command printed.
	Output string
}

// Run types the page's commands in order and returns those that print something else. Their steps get the new output,
// so that the page's String is the page put right. The error is about a command that does not end, after which the
// others make no sense.
func (w Walk) Run(page *Page) ([]Difference, error) {
	terminals := map[string]*terminal{}
	defer func() {
		for _, t := range terminals {
			t.close()
		}
	}()
	var differences []Difference
	for _, step := range page.Steps() {
		output, err := w.do(step, terminals)
		if err != nil {
			return differences, fmt.Errorf("line %d, $ %s: %w\n%s", step.Line, step.Command, err, output)
		}
		if !Same(step.Output, output) {
			differences = append(differences, Difference{*step, output})
			step.Output = output
		}
	}
	return differences, nil
}

// do types one command in its terminal, which it opens. A named terminal runs one command at a time: the next one ends
// the one before, as Ctrl-C would.
func (w Walk) do(step *Step, terminals map[string]*terminal) (string, error) {
	t := terminals[step.Terminal]
	if t != nil && step.Terminal != "" {
		t.close()
		t = nil
	}
	if t == nil {
		var err error
		if t, err = openTerminal(w.Dir, w.Env); err != nil {
			return "", err
		}
		terminals[step.Terminal] = t
	}
	return w.typeIn(t, step)
}

func (w Walk) typeIn(t *terminal, step *Step) (output string, err error) {
	command := strings.NewReplacer(w.Stands...).Replace(step.Command)
	for settled := time.Now().Add(w.Settle); ; time.Sleep(200 * time.Millisecond) {
		if step.Terminal == "" {
			output, err = t.run(command, w.Timeout)
		} else {
			output, err = t.start(command, step.Output, w.Timeout)
		}
		output = w.back(output)
		if err != nil || Same(step.Output, output) || !looks(command) || time.Now().After(settled) {
			return output, err
		}
	}
}

// looks are the commands that change nothing, and show what moves by itself.
func looks(command string) bool { return strings.HasPrefix(command, "kubectl get ") }

// back says in the page's words what this walk calls otherwise.
func (w Walk) back(output string) string {
	pairs := make([]string, 0, len(w.Stands))
	for i := 0; i+1 < len(w.Stands); i += 2 {
		pairs = append(pairs, w.Stands[i+1], w.Stands[i])
	}
	return strings.NewReplacer(pairs...).Replace(output)
}
