package buildkit

import (
	"strings"
	"sync"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// tailLines is how much of a failing step's output an error contains.
const tailLines = 20

// steps remembers the names of a build's steps and the end of what each printed, for the one that fails.
type steps struct {
	mu     sync.Mutex
	names  map[digest.Digest]string
	output map[digest.Digest][]byte
}

func newSteps() *steps {
	return &steps{names: map[digest.Digest]string{}, output: map[digest.Digest][]byte{}}
}

func (s *steps) note(status *client.SolveStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, vertex := range status.Vertexes {
		s.names[vertex.Digest] = vertex.Name
	}
	for _, log := range status.Logs {
		s.output[log.Vertex] = lastLines(append(s.output[log.Vertex], log.Data...))
	}
}

// step returns a step's name and the last lines it printed.
func (s *steps) step(vertex digest.Digest) (name string, tail []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text := strings.TrimRight(string(s.output[vertex]), "\r\n"); text != "" {
		tail = strings.Split(text, "\n")
	}
	return s.names[vertex], tail
}

// lastLines cuts all but the last lines off.
func lastLines(text []byte) []byte {
	count := 0
	for i := len(text) - 1; i > 0; i-- {
		if text[i-1] != '\n' {
			continue
		}
		if count++; count == tailLines {
			return text[i:]
		}
	}
	return text
}
