package landing

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
)

// Candidate is a class of nodes as seen from a workload.
type Candidate struct {
	*nodeClass
	Index    int            // in the assessment
	Obstacle string         // what keeps the workload off besides taints, in the scheduler's words; "" for nothing
	Barred   []corev1.Taint // that the workload does not tolerate, or not for long
	Open     bool           // to the scheduler, which lets a pod on a node that will drive it out
	Outcomes []Outcome      // one per image that is pulled, were the pod bound here
	Refused  bool           // by the kubelet: the pod is for another OS
}

// Known reports that it is known what CPU the nodes have.
func (s Candidate) Known() bool { return s.Architecture != node.Unknown }

func (s Candidate) selected() bool { return s.Obstacle == "" }
func (s Candidate) admitted() bool { return s.selected() && len(s.Barred) == 0 }

// Runs reports that all images of the workload run there, were the pod bound.
func (s Candidate) Runs() bool { return s.outcome() == Runs }

// Lands reports that the workload may run there, and does.
func (s Candidate) Lands() bool { return s.admitted() && s.Runs() }

// Fails reports that the scheduler would bind a pod there, and it would not run.
func (s Candidate) Fails() bool { return s.Open && !s.Runs() }

// Settles reports that the workload lands there, and somebody has announced such nodes.
func (s Candidate) Settles() bool { return s.Lands() && !s.guessed() }

// BehindTaints reports that taints alone keep the workload off nodes where it would run.
func (s Candidate) BehindTaints() bool { return s.selected() && s.Runs() && len(s.Barred) > 0 }

// BehindArchitectureTaints is BehindTaints where each of them is about the architecture.
func (s Candidate) BehindArchitectureTaints() bool {
	return s.BehindTaints() && !slices.ContainsFunc(s.Barred,
		func(t corev1.Taint) bool { return !node.Architectural(t, s.Architecture) })
}

func (s Candidate) outcome() Outcome {
	if s.Refused {
		return Rejected // whatever its images are
	}
	worst := Runs
	for _, o := range s.Outcomes {
		worst = Worse(worst, o)
	}
	return worst
}
