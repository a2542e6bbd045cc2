package buildkit

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
)

func TestSteps_keep_the_last_lines(t *testing.T) {
	s := newSteps()
	s.note(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: "sha256:a", Name: "RUN make"}}})
	var want []string
	for i := range 50 {
		line := fmt.Sprintf("line %d, %s", i, strings.Repeat("x", i))
		s.note(&client.SolveStatus{Logs: []*client.VertexLog{{Vertex: "sha256:a", Data: []byte(line[:4])},
			{Vertex: "sha256:a", Data: []byte(line[4:] + "\n")}}})
		if i >= 50-tailLines {
			want = append(want, line)
		}
	}
	name, tail := s.step("sha256:a")
	if diff := cmp.Diff(want, tail); diff != "" || name != "RUN make" {
		t.Errorf("step %q (-want +got):\n%s", name, diff)
	}
	if _, tail := s.step("sha256:b"); tail != nil {
		t.Errorf("a step that printed nothing has a tail: %q", tail)
	}
}
