package peers

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"time"
)

// Usage is what a run of a program took.
type Usage struct {
	// Wall is the time from its start to its end, and CPU the time that it and the processes it waited for computed.
	Wall, CPU time.Duration
	// Peak is the most memory, in bytes, that its processes held at once; 0 where this system does not report it.
	Peak int64
	// Output is what it printed, and Status its exit status.
	Output string
	Status int
}

// Command is a program to measure.
type Command struct {
	Path string
	Args []string
	Dir  string
	// Env, NAME=value, comes on top of this process's environment.
	Env []string
	// Statuses are the exit statuses that it may end with; none are 0 alone.
	Statuses []int
}

// Run runs a command and measures it. An unexpected exit status is an error with its output.
func (c Command) Run(ctx context.Context) (Usage, error) {
	cmd := exec.CommandContext(ctx, c.Path, c.Args...)
	cmd.Dir, cmd.Env = c.Dir, append(cmd.Environ(), c.Env...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return Usage{}, err
	}
	peak := watchMemory(cmd.Process.Pid)
	_ = cmd.Wait() // the status says it
	used := Usage{Wall: time.Since(start), Peak: peak()}
	used.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	used.Output, used.Status = output.String(), cmd.ProcessState.ExitCode()
	if used.Status != 0 && !slices.Contains(c.Statuses, used.Status) {
		return used, fmt.Errorf("%s %q: exit status %d\n%s", c.Path, c.Args, used.Status, used.Output)
	}
	return used, nil
}

// Median returns the medians of each of the figures.
func Median(all []Usage) Usage {
	return Usage{
		Wall: middle(all, func(u Usage) time.Duration { return u.Wall }),
		CPU:  middle(all, func(u Usage) time.Duration { return u.CPU }),
		Peak: middle(all, func(u Usage) int64 { return u.Peak }),
	}
}

// middle is the median of a figure, the lower one of two.
func middle[N time.Duration | int64](all []Usage, figure func(Usage) N) N {
	if len(all) == 0 {
		return 0
	}
	var figures []N
	for _, u := range all {
		figures = append(figures, figure(u))
	}
	slices.Sort(figures)
	return figures[(len(figures)-1)/2]
}
