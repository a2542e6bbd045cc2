package renderer

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/sandbox"
	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

// init is the main function of the two programs that Run and kustomize start.
func init() {
	switch {
	case os.Args[0] == sandbox.RendererName:
		results := os.Stdout
		os.Stdout = os.Stderr // what kustomize prints is no result
		os.Exit(serve(os.Stdin, results))
	case sandbox.IsGitGate(os.Args[0]):
		os.Exit(sandbox.GitGate(os.Args[1:], filepath.Dir(os.Args[0]), os.Stderr))
	}
}

// gcPercent trades memory for CPU time. With 1,000 objects, which are sent as they are rendered, the child's peak is 78
// MB; at Go's 100 % it takes a tenth more CPU time, at 300 % hardly less.
const gcPercent = 150

// serve reads a request, renders it and writes the messages. It returns the exit status.
func serve(input io.Reader, output io.Writer) int {
	debug.SetGCPercent(gcPercent)
	var request Request
	if err := json.NewDecoder(input).Decode(&request); err != nil {
		return 1
	}
	sandbox.BoundMemory(cmp.Or(request.Memory, sandbox.MaxMemory), func() { os.Exit(sandbox.OutOfMemory) })
	to := newSender(output)
	last := end{}
	rendering, err := render(request, sink{
		each:  func(o *sentObject) { to.send(message{Object: o}) },
		again: func() { to.send(message{Again: true}) },
	})
	if err != nil {
		last.Error = err.Error()
	} else {
		last.Images, last.Notices, last.Targets = rendering.images, rendering.notices, rendering.targets
	}
	to.send(message{End: &last})
	if to.flush() != nil {
		return 1
	}
	return 0
}

// sender writes messages until one can't be written.
type sender struct {
	buffered *bufio.Writer
	encoder  *json.Encoder
	err      error
}

func newSender(output io.Writer) *sender {
	buffered := bufio.NewWriter(output)
	encoder := json.NewEncoder(buffered)
	encoder.SetEscapeHTML(false)
	return &sender{buffered: buffered, encoder: encoder}
}

func (s *sender) send(m message) {
	if s.err == nil {
		s.err = s.encoder.Encode(m)
	}
}

func (s *sender) flush() error { return errors.Join(s.err, s.buffered.Flush()) }

// render renders in this process, whose HTTP transport and PATH it changes.
func render(request Request, to sink) (*rendering, error) {
	r, err := newRenderer(request)
	if err != nil {
		return nil, err
	}
	r.sent = to
	// kustomize's HTTP client is one without a transport, which uses this one.
	http.DefaultTransport = &r.words.Refusals
	if !request.RemoteFetch {
		return r.render(request.Images)
	}
	r.words.Refusals.Secure = transport.New(transport.For(transport.GitHub))
	gate, err := sandbox.OpenGitGate()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(gate)
	return r.render(request.Images)
}
