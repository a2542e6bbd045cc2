package enginetest_test

import (
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build/buildkit/buildkittest"
	"github.com/multiarch-deploy/multiarch-deploy/internal/enginetest"
)

func TestDemo_on_a_local_cluster(t *testing.T) {
	engine := buildkittest.StartNetworkedEngine(t)
	lines := enginetest.Act(t, engine, enginetest.Workflow{Repository: enginetest.Clone(t), File: ".github/workflows/demo-local.yml"})
	for _, l := range lines {
		t.Logf("%v %v %q %s", l.Raw, l.Steps, l.Message, l.Result)
	}
}
