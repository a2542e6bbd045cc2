package renderer

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/origin"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/renderer/explain"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/sandbox"
)

// Request is what to render.
type Request struct {
	// Path is the kustomization file. It begins the paths in results and errors.
	Path string
	// Content takes the place of the file's content.
	Content []byte
	// Beside are files in the folder of the kustomization, by name, in place of what is on the disk.
	Beside map[string][]byte
	// Images are images that Content sets.
	Images []types.Image
	// RemoteFetch lets kustomize fetch what the files name, over https and ssh.
	RemoteFetch bool
	// Timeout bounds the child; 0 is maxTime.
	Timeout time.Duration
	// Memory bounds what the child takes, in bytes; 0 is sandbox.MaxMemory.
	Memory int64
	// Arrived is called with each object that will be among the results, or may be: as soon as it is rendered. Nil is for
	// nothing.
	Arrived func(*unstructured.Unstructured) `json:"-"`
}

// Response is what came of a request.
type Response struct {
	Objects []Object
	// Images say what became of each of the images of the request.
	Images []ImageUse
	// Notices are what kustomize itself remarks, once each.
	Notices []explain.Notice
}

// Object is one rendered object, where it was written, and what a patch calls it.
type Object struct {
	*unstructured.Unstructured
	Source origin.Source
	// Target is zero for an object that no file on the disk contains: a generated one, or one that was fetched.
	Target origin.Target
}

// message is one line of the child's results: an object, or the end. Again says that the objects before count for
// nothing.
type message struct {
	Object *sentObject `json:"object,omitempty"`
	Again  bool        `json:"again,omitempty"`
	End    *end        `json:"end,omitempty"`
}

type sentObject struct {
	Object map[string]any `json:"object"`
	Source origin.Source  `json:"source"`
}

// end is the last message. Error is "" where all went well. Targets are those of the objects, which depend on all of
// them.
type end struct {
	Targets []origin.Target  `json:"targets"`
	Images  []ImageUse       `json:"images"`
	Notices []explain.Notice `json:"notices"`
	Error   string           `json:"error"`
}

// maxTime is how long a kustomization may take. Kustomize's time grows with the square of the number of objects: 2,500
// take about 2 seconds, 10,000 about 40.
const maxTime = 10 * time.Minute

// Run renders in a child process. Errors name the file, the cause and the next step; the end of ctx ends the child.
func Run(ctx context.Context, request Request) (*Response, error) {
	limit := cmp.Or(request.Timeout, maxTime)
	bounded, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("%s: kustomize did not end within %s; split the "+
		"kustomization, "+
		"and deploy each part by itself", request.Path, limit))
	defer cancel()
	input, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("starting the renderer: %w", err)
	}
	log := &sandbox.Printed{}
	child := exec.CommandContext(bounded, program)
	child.Args = []string{sandbox.RendererName}
	child.Env = sandbox.Environment(child.Environ(), request.RemoteFetch)
	child.Stdin, child.Stderr = bytes.NewReader(input), log
	sandbox.OwnGroup(child)
	child.WaitDelay = 5 * time.Second // what a git of the child's keeps open
	output, err := child.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := child.Start(); err != nil {
		return nil, cmp.Or(ctx.Err(), context.Cause(bounded), fmt.Errorf("starting the renderer: %w", err))
	}
	response, readErr := receive(output, request.Arrived)
	_, _ = io.Copy(io.Discard, output) // so that the child ends
	waitErr := child.Wait()
	if err := cmp.Or(ctx.Err(), context.Cause(bounded)); err != nil {
		return nil, err
	}
	if response == nil {
		return nil, endedEarly(request, child.ProcessState.ExitCode(), log.String(), cmp.Or(waitErr, readErr))
	}
	return response, readErr
}

// receive reads the results. The response is nil where they end before their end, as when the child crashed.
func receive(output io.Reader, arrived func(*unstructured.Unstructured)) (*Response, error) {
	response := &Response{}
	lines := bufio.NewReaderSize(output, 64<<10)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) == 0 {
			return nil, err
		}
		var next message
		// Whole numbers stay whole, as the API machinery needs them.
		if err := utiljson.Unmarshal(line, &next); err != nil {
			return nil, err
		}
		switch {
		case next.Again:
			response.Objects = nil
		case next.Object != nil:
			u := &unstructured.Unstructured{Object: next.Object.Object}
			response.Objects = append(response.Objects, Object{Unstructured: u, Source: next.Object.Source})
			if arrived != nil {
				arrived(u)
			}
		case next.End != nil:
			return response, response.end(next.End)
		}
	}
}

// CrashError means that the process that renders crashed. That is a fault of the program, whatever the files contain.
type CrashError struct{ Err error }

// Error names the file that was rendered, the cause and the next step.
func (e *CrashError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *CrashError) Unwrap() error { return e.Err }

// statusFatal is the exit status of log.Fatal, by which kustomize refuses files. The runtime's own is another, and a
// signal gives none.
const statusFatal = 1

// end notes the last message.
func (r *Response) end(last *end) error {
	r.Images, r.Notices = last.Images, last.Notices
	for i, target := range last.Targets {
		if i < len(r.Objects) {
			r.Objects[i].Target = target
		}
	}
	if last.Error != "" {
		return errors.New(last.Error)
	}
	return nil
}

// endedEarly is the error for a child that ended without a result.
func endedEarly(request Request, status int, log string, err error) error {
	if status == sandbox.OutOfMemory {
		return fmt.Errorf("%s: rendering it needs more than %d MiB of memory; split the kustomization, and deploy each "+
			"part by itself", request.Path, cmp.Or(request.Memory, sandbox.MaxMemory)>>20)
	}
	err = ended(request.Path, log, err)
	if status == statusFatal {
		return err
	}
	return &CrashError{err}
}

// ended describes how a child ended without a result: kustomize calls log.Fatal, panics, or used all memory.
func ended(path, log string, err error) error {
	cause := err.Error()
	if first, _, _ := strings.Cut(strings.TrimSpace(log), "\n"); first != "" && !strings.Contains(log, "ecret") {
		cause = first
	}
	return fmt.Errorf("%s: kustomize ended without a result: %s; check with `kustomize build`", path, cause)
}
