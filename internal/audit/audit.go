// Package audit says of what runs in a cluster what is at risk of landing where it crashes, what could move to another
// architecture, what cannot and why, and sums that up. It looks at values only; callers read the cluster and the
// registries, and plan.
package audit

import (
	"math"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/workloads"
)

// Risk is when a workload could land where it crashes, or where its image can't be pulled.
type Risk string

// The risks, as the report spells them.
const (
	// NoRisk: it lands only where it runs, as far as is known.
	NoRisk Risk = ""
	// Now: the next time that a pod of it is scheduled.
	Now Risk = "now"
	// WithPool: once there are nodes of the pools that are expected.
	WithPool Risk = "with-pool"
)

// Class is how far a workload is from running on the architecture in question.
type Class string

// The classes, as the report spells them.
const (
	// Runs: nodes of the architecture take it, and it runs there.
	Runs Class = "runs"
	// Ready: its images run there, and something else keeps it off, if only that there is no such node.
	Ready Class = "ready"
	// NotReady: an image of it does not run there.
	NotReady Class = "not-ready"
	// Unknown: an image of it could not be looked at.
	Unknown Class = "unknown"
)

// Request is what an audit is made of.
type Request struct {
	// Architecture is the one to move to, a GOARCH value.
	Architecture string
	Nodes        []corev1.Node
	Workloads    []workloads.Workload
	// Now are the verdicts on the workloads with the current nodes, in their order. Later are those with expected pools,
	// or with an assumed node of the architecture; they have the move there.
	Now, Later []placement.Verdict
	// Expected: Later is about pools that the user expects.
	Expected bool
	// Images are by reference.
	Images map[string]Image
	// Prices of a core-hour by architecture, in any currency; nil for none.
	Prices map[string]float64
}

// Result is what an audit comes to.
type Result struct {
	// Architecture is the one to move to.
	Architecture string `json:"architecture"`
	// Namespaces are the sums of each, in order, and Total is that of all.
	Namespaces []Sum `json:"namespaces"`
	Total      Sum   `json:"total"`
	// Rows are of the workloads, in the request's order. In the report each is beside its workload.
	Rows []Row `json:"-"`
	// Worth is what the move is worth; nil without prices.
	Worth *Worth `json:"worth,omitempty"`
}

// Row is what an audit says of one workload, beside the plan's outcome for each architecture.
type Row struct {
	Risk Risk  `json:"risk"`
	Move Class `json:"move"`
	// Why is what keeps it off the architecture, or what it could not be judged for.
	Why string `json:"why"`
	// Patch lets it onto the nodes of the architecture, where one is needed and helps; "" elsewhere.
	Patch string `json:"patch"`
	// ManagedBy is the object that would undo a patch of the workload, such as an operator's.
	ManagedBy string `json:"managedBy"`
	// Images are those that the class is about: what does not run there, or is not known.
	Images []Blame `json:"images"`
	// Running are the pods by the architecture of their node. Those that wait for one are under "".
	Running map[string]Usage `json:"running"`

	namespace string
}

// Blame is an image that keeps a workload from an architecture.
type Blame struct {
	Container string `json:"container"`
	Reference string `json:"reference"`
	// Own: it is built by those who run it; else it is a third party's.
	Own bool `json:"own"`
	// Platforms are those that it has; empty where that is not known.
	Platforms []string `json:"platforms"`
	// Newer is a tag of the same repository that has the architecture, or "".
	Newer string `json:"newer"`
	// Problem is why the image is not known, or that it is gone.
	Problem string `json:"problem"`
}

// Usage is a number of pods and what they request.
type Usage struct {
	Pods  int     `json:"pods"`
	Cores float64 `json:"cores"`
	// Memory is in bytes.
	Memory int64 `json:"memory"`
}

func (u Usage) plus(v Usage) Usage {
	const milli = 1000 // what requests are counted in
	return Usage{u.Pods + v.Pods, math.Round((u.Cores+v.Cores)*milli) / milli, u.Memory + v.Memory}
}

// Of audits. The result has a row for each workload.
func Of(r Request) *Result {
	result := &Result{Architecture: r.Architecture, Namespaces: []Sum{}}
	for i := range r.Workloads {
		result.Rows = append(result.Rows, r.row(i))
	}
	result.sum()
	if len(r.Prices) > 0 {
		result.Worth = result.worth(r.Prices)
	}
	return result
}
