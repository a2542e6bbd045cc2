package engine

import (
	"strings"
)

// Step is what is left of a step of a workflow.
type Step struct {
	// Result is success or failure.
	Result string
	// Annotations are the commands for them, as the step wrote them.
	Annotations []string
	// Outputs are the step's.
	Outputs map[string]string
	// Summary is its part of the job's summary.
	Summary string
	// Log is all that it wrote, commands aside.
	Log string
}

// steps sorts act's log by the steps' ids.
func steps(lines []line) map[string]*Step {
	all := map[string]*Step{}
	for _, l := range lines {
		id := strings.Join(l.Steps, "/")
		if all[id] == nil {
			all[id] = &Step{Outputs: map[string]string{}}
		}
		all[id].add(l)
	}
	return all
}

func (s *Step) add(l line) {
	switch l.Command {
	case "error", "warning", "notice":
		s.Annotations = append(s.Annotations, strings.TrimSuffix(l.Raw, "\n"))
	case "set-output":
		s.Outputs[l.Name] = l.Arg
	case "summary":
		s.Summary += l.Content
	}
	if l.Output {
		s.Log += l.Message
	}
	if l.Result != "" {
		s.Result = l.Result
	}
}
