package action

import (
	"cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// destination is where the run deploys to, by the name that the inputs give it.
func (d *deploy) destination() report.Target {
	return report.Target{
		Cluster:   cmp.Or(d.config.Cluster, d.config.KubeContext, d.cluster.Config.Host),
		Namespace: d.cluster.Namespace,
	}
}

// summaryOptions say where the job summary's readers find the commit's files and the report.
func (p Program) summaryOptions(room int, reportFile string) report.SummaryOptions {
	opts := report.SummaryOptions{Room: room, ReportFile: reportFile, Workspace: p.Getenv("GITHUB_WORKSPACE"), Version: p.Version}
	server, repository, commit := p.Getenv("GITHUB_SERVER_URL"), p.Getenv("GITHUB_REPOSITORY"), p.Getenv("GITHUB_SHA")
	if server != "" && repository != "" && commit != "" {
		opts.Source = server + "/" + repository + "/blob/" + commit
	}
	return opts
}
