package inspect

import (
	"context"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
)

// Start is something that a container starts: its command, a probe, a hook. The zero Start is the image's own command.
type Start struct {
	// What names it in findings, as in "its liveness probe"; "" is the container's command.
	What string
	// Exec is for probes and hooks: Command is run as it is, whatever the image's entrypoint is.
	Exec bool
	launch.Override
}

// own is the image's own command.
var own = Start{}

// what is how launch.Trace names it.
func (s Start) what() string {
	if s.What == "" {
		return "its command"
	}
	return s.What
}

func (s Start) command(config v1.Config) launch.Command {
	image := launch.Image{Entrypoint: config.Entrypoint, Cmd: config.Cmd, Env: config.Env, Dir: config.WorkingDir}
	if s.Exec {
		image.Entrypoint, image.Cmd = nil, nil
	}
	return s.Over(image)
}

// Use is an image as a container uses it.
type Use struct {
	Image *image.Image
	// Starts are what the container starts; none is the image's own command.
	Starts []Start
	// Nodes are the platforms of the nodes in question. Of an index, only what these would take is read; none is all.
	Nodes []v1.Platform
}

// Started is what a Use starts.
type Started struct {
	Image *image.Image
	// Manifests are those that were looked at, each with what it starts as its Inspection.
	Manifests []image.Manifest
	// Err is like the errors of Resolve.
	Err error
}

// InspectUses is Inspect for what containers start, which may be something else than the image's own command. The
// images' own Inspection stays as it is; their Twins are filled in. Layers that were read before are not read again.
func (i *Inspector) InspectUses(ctx context.Context, uses ...Use) []Started {
	var images []*image.Image
	var jobs []*job
	results := make([]Started, len(uses))
	for i, u := range uses {
		images = append(images, u.Image)
		results[i] = Started{Image: u.Image, Manifests: u.manifests()}
		for k := range results[i].Manifests {
			m := &results[i].Manifests[k]
			m.Inspection = &image.Inspection{}
			jobs = append(jobs, &job{img: u.Image, manifest: m, starts: u.starts(), found: m.Inspection})
		}
	}
	problems := i.inspect(ctx, distinct(images), jobs)
	for i := range results {
		results[i].Err = problems[results[i].Image]
	}
	return results
}

func (u Use) starts() []Start {
	if len(u.Starts) == 0 {
		return []Start{own}
	}
	return u.Starts
}

// manifests are copies of those that the nodes would take.
func (u Use) manifests() (list []image.Manifest) {
	for _, m := range u.Image.Manifests {
		taken := func(node v1.Platform) bool { return platform.Runs(node, m.Platform) }
		if len(u.Nodes) == 0 || !u.Image.Index || slices.ContainsFunc(u.Nodes, taken) {
			list = append(list, m)
		}
	}
	return list
}
