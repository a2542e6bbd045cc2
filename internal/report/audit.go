package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// AuditTables are what an audit says of each workload, those at risk first, and of each namespace in sum.
func (r *Report) AuditTables() [][][]string {
	if r.Audit == nil || len(r.Workloads) == 0 {
		return nil
	}
	sums := r.AuditSums()
	all := len(sums) - 1
	brief := append(briefly(sums[:all], "namespace"), sums[all])
	tables := [][][]string{briefly(r.AuditRows(), "workload"), brief}
	if r.Audit.Worth != nil {
		tables = append(tables, [][]string{{r.Worth()}})
	}
	return tables
}

// AuditRows is a table of all workloads, those at risk first.
func (r *Report) AuditRows() [][]string {
	architectures := r.foreseen()
	head := append([]string{"workload", "pods"}, architectures...)
	rows := [][]string{append(head, "at risk", "on "+r.Audit.Architecture)}
	for _, w := range r.byRisk() {
		row := []string{w.Label(), strconv.Itoa(w.pods())}
		for _, architecture := range architectures {
			row = append(row, w.auditCell(architecture))
		}
		rows = append(rows, append(row, string(w.Audit.Risk), w.auditWords()))
	}
	return rows
}

// foreseen are the architectures of nodes, and the one to move to.
func (r *Report) foreseen() []string {
	set := map[string]bool{r.Audit.Architecture: true}
	for _, group := range r.Nodes {
		set[group.Architecture] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// byRisk orders the workloads: those at risk first, then those that wait for something.
func (r *Report) byRisk() []Workload {
	risks := []audit.Risk{audit.Now, audit.WithPool, audit.NoRisk}
	classes := []audit.Class{audit.NotReady, audit.Unknown, audit.Ready, audit.Runs}
	return slices.SortedStableFunc(slices.Values(r.Workloads), func(a, b Workload) int {
		return cmp.Or(slices.Index(risks, a.Audit.Risk)-slices.Index(risks, b.Audit.Risk),
			slices.Index(classes, a.Audit.Move)-slices.Index(classes, b.Audit.Move))
	})
}

// auditCell is the plan's outcome. That what is not known runs is a hope of the plan, and not for this table.
func (w Workload) auditCell(architecture string) string {
	if w.Audit.Move == audit.Unknown && w.Architectures[architecture] == landing.Runs {
		return string(audit.Unknown)
	}
	return w.cell(architecture, 0)
}

func (w Workload) pods() (n int) {
	for _, usage := range w.Audit.Running {
		n += usage.Pods
	}
	return n
}

// auditWords say how far a workload is from the architecture, and why.
func (w Workload) auditWords() string {
	text := string(w.Audit.Move)
	if w.Audit.Why != "" {
		text += ": " + w.Audit.Why
	}
	if w.Audit.ManagedBy != "" && w.Audit.Move != audit.Runs {
		text += "; managed by " + w.Audit.ManagedBy
	}
	return text
}

// AuditSums is a table of the namespaces, and of all of them in its last row.
func (r *Report) AuditSums() [][]string {
	running := slices.Sorted(maps.Keys(r.Audit.Total.Running))
	head := []string{"namespace", "workloads", "at risk now", "at risk with the pool"}
	for _, architecture := range running {
		head = append(head, runningTitle(architecture))
	}
	rows := [][]string{append(head, "could move", "cannot", "unknown")}
	for _, sum := range r.Audit.Namespaces {
		rows = append(rows, sumRow(cmp.Or(sum.Namespace, "no namespace"), sum, running))
	}
	return DropEmptyColumns(append(rows, sumRow("in all", r.Audit.Total, running)))
}

func runningTitle(architecture string) string {
	if architecture == NoNode {
		return "waiting"
	}
	return "on " + architecture
}

func sumRow(name string, s audit.Sum, running []string) []string {
	cells := []string{name, strconv.Itoa(s.Workloads), orEmpty(s.AtRiskNow), orEmpty(s.AtRiskWithPool)}
	for _, architecture := range running {
		cells = append(cells, usageWords(s.Running[architecture]))
	}
	return append(cells, shareWords(s.CanMove), shareWords(s.CannotMove), shareWords(s.Unknown))
}

func orEmpty(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// usageWords is "4 pods, 2.5 cores, 3.1 GiB", or "" for nothing.
func usageWords(u audit.Usage) string {
	if u.Pods == 0 {
		return ""
	}
	cores := decimal(u.Cores) + " cores"
	if cores == "1 cores" {
		cores = "1 core"
	}
	return fmt.Sprintf("%s, %s, %s GiB", finding.Counted(u.Pods, "pod"), cores, decimal(float64(u.Memory)/(1<<30)))
}

func shareWords(s audit.Share) string {
	switch {
	case s.Workloads == 0:
		return ""
	case s.Pods == 0:
		return finding.Counted(s.Workloads, "workload")
	}
	return finding.Counted(s.Workloads, "workload") + ": " + usageWords(s.Usage)
}

// money has two digits behind the point, and below 1 four: the price of an hour is a small number.
func money(n float64) string {
	if math.Abs(n) < 1 {
		return strconv.FormatFloat(n, 'f', 4, 64)
	}
	return strconv.FormatFloat(n, 'f', 2, 64)
}

// decimal has two digits behind the point at most.
func decimal(n float64) string {
	return strconv.FormatFloat(math.Round(n*100)/100, 'f', -1, 64)
}

// hoursPerMonth is what clouds count.
const hoursPerMonth = 730

// Worth says what moving is worth.
func (r *Report) Worth() string {
	w := r.Audit.Worth
	text := fmt.Sprintf("Requested cores cost %s an hour; those that could move cost %s, and %s on %s: "+
		"%s less an hour, %s a month",
		money(w.Running), money(w.CanMove), money(w.Moved), r.Audit.Architecture, money(w.Saves()),
		money(w.Saves()*hoursPerMonth))
	var unpriced []string
	for architecture, usage := range r.Audit.Total.Running {
		if _, priced := w.Prices[architecture]; !priced && architecture != NoNode && usage.Cores > 0 {
			unpriced = append(unpriced, architecture)
		}
	}
	if slices.Sort(unpriced); len(unpriced) > 0 {
		text += ". Not counted, for want of a price: cores on " + platform.Conjoin(unpriced)
	}
	return text
}

// auditHeadline says in a few words what an audit came to.
func (r *Report) auditHeadline() string {
	t := r.Audit.Total
	text := fmt.Sprintf("%s, %d at risk now", finding.Counted(t.Workloads, "workload"), t.AtRiskNow)
	if t.AtRiskWithPool > 0 {
		text += fmt.Sprintf(", %d with the pool", t.AtRiskWithPool)
	}
	return text + fmt.Sprintf("; to %s, %d could move, %d cannot, %d unknown", r.Audit.Architecture, t.CanMove.Workloads,
		t.CannotMove.Workloads, t.Unknown.Workloads)
}
