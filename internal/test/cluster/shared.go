package cluster

import (
	"context"
	"fmt"
	"sync"
	"testing"
)

// starts holds one start for each set of options that a test of this process asked for.
var starts sync.Map

// Shared returns the cluster of this test binary with these options. The first test that asks for it starts it, so a
// run of tests that need none starts none. It ends with the process, whose end closes its standard input. Tests keep
// out of one another's way by namespaces.
func Shared(t testing.TB, opts Options) *Cluster {
	t.Helper()
	start, _ := starts.LoadOrStore(fmt.Sprintf("%+v", opts), sync.OnceValues(func() (*Cluster, error) {
		return Start(context.Background(), opts) // it outlives the test that asks first
	}))
	c, err := start.(func() (*Cluster, error))()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
