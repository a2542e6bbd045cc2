package action

import (
	"context"
	"runtime/debug"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/auditing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// auditGCPercent trades CPU time for memory: an audit reads thousands of objects and manifests, and keeps little of
// each, so that at Go's 100 % most of its peak is garbage.
const auditGCPercent = 40

// inventory reads what runs in the cluster.
func (d *deploy) inventory(ctx context.Context) error {
	debug.SetGCPercent(auditGCPercent)
	d.auditing = &auditing.Audit{Options: auditing.Options{
		Config: d.config, Cluster: d.cluster, Keychain: d.keychain, Owner: d.env("GITHUB_REPOSITORY_OWNER"),
		Nodes: d.waitForNodes, Pools: d.pools, Snapshot: d.waitForSnapshot,
		Unreadable: d.unreadable, Find: d.find, Say: d.say, Emit: d.emit, Mask: d.runner.Mask,
	}}
	err := d.auditing.Inventory(ctx)
	d.nodes = d.auditing.Groups
	return err
}

// survey asks the registries for the images of what runs.
func (d *deploy) survey(ctx context.Context) error { return d.auditing.Survey(ctx) }

// audit judges what runs. That it is not complete is said whatever it has found, and the status is that of what it has
// found.
func (d *deploy) audit(ctx context.Context) error {
	if err := d.auditing.Judge(ctx); err != nil {
		return err
	}
	d.verdicts, d.audited = d.auditing.Verdicts, d.auditing.Result
	for _, table := range d.report().AuditTables() {
		d.say("%s", report.Table(table))
	}
	err := d.auditing.Incomplete()
	if err != nil && status.Of(ctx, status.OfFindings(d.findings)) == status.Faulty {
		return status.Fault{Err: err}
	}
	return err
}

// rowOf is the row of the workload of a verdict; nil where there was no audit.
func (d *deploy) rowOf(i int) *audit.Row {
	if d.audited == nil {
		return nil
	}
	return &d.audited.Rows[i]
}
