package buildkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/moby/moby/api/pkg/stdcopy"
	docker "github.com/moby/moby/client"
)

// execInto reaches the BuildKit in a container as buildx does: over the standard streams of buildctl beside it.
func execInto(ctx context.Context, engine *docker.Client, container string) (*daemon, error) {
	return connected(ctx, "", over(func(ctx context.Context) (net.Conn, error) {
		return execute(ctx, engine, container, "buildctl", "dial-stdio")
	}))
}

// execute runs a command in a container and returns its standard input and output as a connection.
func execute(ctx context.Context, engine *docker.Client, container string, command ...string) (net.Conn, error) {
	created, err := engine.ExecCreate(ctx, container, docker.ExecCreateOptions{
		Cmd: command, AttachStdin: true, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return nil, fmt.Errorf("running %s in container %s: %w", strings.Join(command, " "), container, err)
	}
	attached, err := engine.ExecAttach(ctx, created.ID, docker.ExecAttachOptions{})
	if err != nil {
		return nil, fmt.Errorf("running %s in container %s: %w", strings.Join(command, " "), container, err)
	}
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(split(writer, attached.Reader)) }()
	return &streams{Conn: attached.Conn, output: reader}, nil
}

// split passes on the standard output of a command. What it writes to standard error is why its output ends.
func split(output io.Writer, both io.Reader) error {
	answer, complaint := &answerWriter{to: output}, new(bytes.Buffer)
	_, err := stdcopy.StdCopy(answer, complaint, both)
	if text := strings.TrimSpace(answer.refusal.String() + complaint.String()); text != "" {
		return errors.New(text)
	}
	return err
}

// answerWriter passes on what BuildKit says. Where the engine can't run a command, it says so on the command's
// standard output, in words; BuildKit begins with an HTTP/2 frame, whose first byte is zero.
type answerWriter struct {
	to      io.Writer
	started bool
	refusal bytes.Buffer
}

// Write passes p on, or keeps it as words.
func (w *answerWriter) Write(p []byte) (int, error) {
	if w.started || w.refusal.Len() == 0 && len(p) > 0 && p[0] == 0 {
		w.started = true
		return w.to.Write(p)
	}
	return w.refusal.Write(p)
}

// streams is a connection whose incoming side is one of the two streams that the engine sends.
type streams struct {
	net.Conn
	output *io.PipeReader
}

// Read reads standard output.
func (s *streams) Read(p []byte) (int, error) { return s.output.Read(p) }

// Close ends the command.
func (s *streams) Close() error {
	s.output.Close()
	return s.Conn.Close()
}
