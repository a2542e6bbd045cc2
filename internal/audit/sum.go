package audit

import (
	"slices"
	"strings"
)

// Sum is what the workloads of a namespace come to, or those of all.
type Sum struct {
	// Namespace is "" for the sum of all.
	Namespace string `json:"namespace"`
	Workloads int    `json:"workloads"`
	// AtRiskNow and AtRiskWithPool count workloads.
	AtRiskNow      int `json:"atRiskNow"`
	AtRiskWithPool int `json:"atRiskWithPool"`
	// Running are the pods by the architecture of their node. Those that wait for one are under "".
	Running map[string]Usage `json:"running"`
	// CanMove, CannotMove and Unknown are what does not run on the architecture in question. Their workloads are those
	// that have not all of their pods there.
	CanMove    Share `json:"canMove"`
	CannotMove Share `json:"cannotMove"`
	Unknown    Share `json:"unknown"`

	canMoveFrom map[string]float64 // cores by architecture
}

// Share is a part of what runs.
type Share struct {
	Workloads int `json:"workloads"`
	Usage
}

func newSum(namespace string) Sum {
	return Sum{Namespace: namespace, Running: map[string]Usage{}, canMoveFrom: map[string]float64{}}
}

// sum adds the rows up, by namespace and in all.
func (r *Result) sum() {
	r.Total = newSum("")
	for _, row := range r.Rows {
		at, found := slices.BinarySearchFunc(r.Namespaces, row.namespace,
			func(s Sum, namespace string) int { return strings.Compare(s.Namespace, namespace) })
		if !found {
			r.Namespaces = slices.Insert(r.Namespaces, at, newSum(row.namespace))
		}
		r.Namespaces[at].add(row, r.Architecture)
		r.Total.add(row, r.Architecture)
	}
}

func (s *Sum) add(row Row, architecture string) {
	s.Workloads++
	switch row.Risk {
	case Now:
		s.AtRiskNow++
	case WithPool:
		s.AtRiskWithPool++
	}
	var elsewhere Usage
	for at, usage := range row.Running {
		s.Running[at] = s.Running[at].plus(usage)
		if at != architecture {
			elsewhere = elsewhere.plus(usage)
		}
	}
	there := row.Running[architecture].Pods > 0 && elsewhere.Pods == 0
	if there && row.Move == Runs {
		return // all of it runs there
	}
	share := map[Class]*Share{Runs: &s.CanMove, Ready: &s.CanMove, NotReady: &s.CannotMove, Unknown: &s.Unknown}[row.Move]
	share.Workloads++
	share.Usage = share.plus(elsewhere)
	if share != &s.CanMove {
		return
	}
	for at, usage := range row.Running {
		if at != architecture {
			s.canMoveFrom[at] += usage.Cores
		}
	}
}

// Worth is what moving is worth, by the prices of a core-hour that were given. It counts the cores that pods request,
// of architectures that have a price.
type Worth struct {
	Prices map[string]float64 `json:"prices"`
	// Running is what all cores that are requested cost an hour.
	Running float64 `json:"running"`
	// CanMove is what those cost an hour that could move, and Moved what they would cost then.
	CanMove float64 `json:"canMove"`
	Moved   float64 `json:"moved"`
}

// Saves is what the move saves in an hour; less than 0 where it costs.
func (w Worth) Saves() float64 { return w.CanMove - w.Moved }

func (r *Result) worth(prices map[string]float64) *Worth {
	w := &Worth{Prices: prices}
	for architecture, usage := range r.Total.Running {
		w.Running += usage.Cores * prices[architecture]
	}
	for architecture, cores := range r.Total.canMoveFrom {
		if price, known := prices[architecture]; known {
			w.CanMove += cores * price
			w.Moved += cores * prices[r.Architecture]
		}
	}
	return w
}
