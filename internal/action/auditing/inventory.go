package auditing

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/snapshot"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
	"github.com/multiarch-deploy/multiarch-deploy/internal/workloads"
)

// moveTo is the architecture that the audit is about.
func (a *Audit) moveTo() string { return a.Config.MoveTo() }

// expects reports whether pools are expected.
func (a *Audit) expects() bool { return len(a.Config.ExpectedNodes) > 0 }

// presentPools are those that the cluster has today, if only without nodes.
func presentPools(pools []pool.Pool) []pool.Pool {
	return slices.DeleteFunc(slices.Clone(pools), func(p pool.Pool) bool { return p.Source == pool.Expected })
}

// laterPools are all pools, and a plain one of the architecture to move to where there is neither node nor pool of it.
func (a *Audit) laterPools(nodes []corev1.Node, pools []pool.Pool) []pool.Pool {
	architecture := a.moveTo()
	is := func(n corev1.Node) bool {
		p := node.Platform(&n)
		return p.OS == "linux" && p.Architecture == architecture
	}
	if slices.ContainsFunc(nodes, is) || slices.ContainsFunc(pools, func(p pool.Pool) bool {
		return p.Architecture == architecture && p.OS == "linux"
	}) {
		return pools
	}
	return append(slices.Clone(pools), pool.Pool{
		Source: pool.Expected, Name: "plain", OS: "linux", Architecture: architecture, Allocatable: pool.Plenty(),
		Open: []string{corev1.LabelTopologyZone, corev1.LabelTopologyRegion},
	})
}

// Inventory reads the workloads that run, side by side with what else is known of the cluster.
func (a *Audit) Inventory(ctx context.Context) error {
	controllers, err := workloads.List(ctx, workloads.Options{
		Config: a.Cluster.Config, Namespaces: a.Config.Namespaces, Templates: template.Specs,
		Own: template.IsCustomGroup, HasRoom: template.HasRoom,
	})
	if err != nil {
		return err
	}
	nodes, err := a.Nodes()
	if err != nil {
		return err
	}
	a.Groups = placement.GroupNodes(nodes, a.Pools())
	s, err := a.Snapshot()
	if err != nil {
		return err
	}
	if err := a.unknownNamespaces(s); err != nil {
		return err
	}
	running, static := controllers.Join(ctx, s.Pods)
	a.running = running
	for _, w := range running {
		a.uses = append(a.uses, useOf(w))
	}
	a.unreadLists(s, controllers.Missing)
	a.Say("%s", a.counts(len(nodes), len(s.Pods), static))
	return nil
}

// counts says what was found.
func (a *Audit) counts(nodes, pods, static int) string {
	text := fmt.Sprintf("%s, %s, %s", finding.Counted(len(a.running), "workload"), finding.Counted(pods, "pod"),
		finding.Counted(nodes, "node"))
	if static > 0 {
		text += fmt.Sprintf("; %s made by nodes themselves, which can't move, left out",
			finding.Counted(static, "static pod"))
	}
	if len(a.running) == 0 {
		text += ". Nothing to audit: " + a.scope() + " has no workload"
	}
	return text
}

func (a *Audit) scope() string {
	switch names := a.Config.Namespaces; len(names) {
	case 0:
		return "the cluster"
	case 1:
		return "namespace " + names[0]
	default:
		return "none of the namespaces " + strings.Join(names, ", ")
	}
}

// unknownNamespaces refuses a namespace that the cluster does not have, where its namespaces are known.
func (a *Audit) unknownNamespaces(s snapshot.Snapshot) error {
	var problems inputs.Problems
	for _, name := range a.Config.Namespaces {
		is := func(n corev1.Namespace) bool { return n.Name == name }
		if s.Whole("namespaces") && !slices.ContainsFunc(s.Namespaces, is) {
			problems = append(problems, fmt.Sprintf("namespace: the cluster has none named %q; correct it, or leave it out",
				name))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return problems
}

// unreadLists reports what could not be read. Without pods, or without a list of what makes them, the audit is not
// complete; without the rest its plan is, as of a deploy, a little less sure.
func (a *Audit) unreadLists(s snapshot.Snapshot, missing []workloads.Missing) {
	failed := s.TakePodLists()
	for _, name := range slices.Sorted(maps.Keys(failed)) {
		missing = append(missing, workloads.Missing{What: "pods", Namespace: name, Err: failed[name]})
	}
	a.Find(s.Incomplete()...)
	byNamespace := map[string][]string{}
	var order []string
	for _, m := range missing {
		if m.Owner {
			a.Find(unreadOwner(m))
			continue
		}
		reason := refusal(m.Err) + " in " + namespaceWords(m.Namespace)
		if byNamespace[reason] == nil {
			order = append(order, reason)
		}
		byNamespace[reason] = append(byNamespace[reason], m.What)
	}
	for _, reason := range order {
		what := platform.Conjoin(byNamespace[reason])
		a.unread = append(a.unread, fmt.Sprintf("%s: %s", what, reason))
		a.Find(finding.Finding{Code: finding.PlanIncomplete, Severity: finding.Warning,
			Message: fmt.Sprintf("The audit lacks what could not be read: %s: %s.", what, reason),
			Fix:     "Grant list on these: see the role multiarch-deploy-audit in docs/rbac.yaml."})
	}
}

// unreadOwner is about an object above a pod: its pods are judged as they are.
func unreadOwner(m workloads.Missing) finding.Finding {
	return finding.Finding{Code: finding.PlanIncomplete, Severity: finding.Info,
		Message: fmt.Sprintf("%s could not be read (%v), so its pods are judged as they are now.", m.What, m.Err),
		Fix:     "Grant get on its kind: see the role multiarch-deploy-audit in docs/rbac.yaml."}
}

func refusal(err error) string {
	if apierrors.IsForbidden(err) {
		return "forbidden"
	}
	return err.Error()
}

func namespaceWords(name string) string {
	if name == "" {
		return "all namespaces"
	}
	return "namespace " + name
}
