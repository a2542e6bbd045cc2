package lookup

import (
	"fmt"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/inspect"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/verify"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
)

// Starts are all commands of a container: its own, and those of its probes and hooks.
func Starts(c corev1.Container) []inspect.Start {
	pod := podSettings(c)
	own := pod
	own.Command, own.Args = c.Command, c.Args
	list := []inspect.Start{{Override: own}}
	add := func(what string, action *corev1.ExecAction) {
		if action != nil {
			start := inspect.Start{What: what, Exec: true, Override: pod}
			start.Command = action.Command
			list = append(list, start)
		}
	}
	probe := func(what string, p *corev1.Probe) {
		if p != nil {
			add(what, p.Exec)
		}
	}
	probe("its startup probe", c.StartupProbe)
	probe("its liveness probe", c.LivenessProbe)
	probe("its readiness probe", c.ReadinessProbe)
	if c.Lifecycle != nil && c.Lifecycle.PostStart != nil {
		add("its postStart hook", c.Lifecycle.PostStart.Exec)
	}
	if c.Lifecycle != nil && c.Lifecycle.PreStop != nil {
		add("its preStop hook", c.Lifecycle.PreStop.Exec)
	}
	return list
}

// podSettings is what the pod adds to the image's variables, and its working directory.
func podSettings(c corev1.Container) launch.Override {
	pod := launch.Override{Opaque: len(c.EnvFrom) > 0, Dir: c.WorkingDir}
	for _, e := range c.Env {
		if e.ValueFrom != nil {
			pod.Unknown = append(pod.Unknown, e.Name)
		} else {
			pod.Env = append(pod.Env, e.Name+"="+e.Value)
		}
	}
	return pod
}

// ForeignOf are the programs that nodes could not load.
func ForeignOf(started inspect.Started) (list []landing.Foreign) {
	for _, m := range started.Manifests {
		if p, ok := verify.Foreign(m); ok {
			words := fmt.Sprintf("%s, %s", p.Path, p.Format)
			if p.Starter != "" {
				words += fmt.Sprintf(", as %s", p.Starter)
			}
			list = append(list, landing.Foreign{Platform: m.Platform, Program: words})
		}
	}
	return list
}

// AbsentCommands are warnings about commands that the image of a container does not have: it would never start. A
// volume may bring the file.
func AbsentCommands(key landing.ContainerKey, c corev1.Container, started inspect.Started) (list []finding.Finding) {
	where := map[image.Absent][]string{}
	var order []image.Absent
	for _, m := range started.Manifests {
		for _, a := range m.Inspection.Absent {
			if isMounted(c, a) {
				continue
			}
			if where[a] == nil {
				order = append(order, a)
			}
			where[a] = append(where[a], m.Platform.String())
		}
	}
	for _, a := range order {
		obj := key.Template.Object
		f := finding.Finding{Code: finding.CrashLoop, Severity: finding.Warning, Container: c.Name,
			Object: object.ID(obj.GroupVersionKind(), obj), Image: c.Image,
			Fix: "Correct the command, or add the file to the image and make it executable."}
		does := "would not start: its command"
		if a.Starter != "" {
			f.Code, does = finding.Unhealthy, "would be unhealthy: the command of "+a.Starter
		}
		f.Message = fmt.Sprintf("%s, container %s, %s %s is not in image %s for %s (%v).",
			object.Name(obj.GetKind(), obj), c.Name, does, a.Path,
			c.Image, platform.Conjoin(where[a]), a.Err)
		list = append(list, f)
	}
	return list
}

// isMounted reports whether a volume may bring the command.
func isMounted(c corev1.Container, a image.Absent) bool {
	if !strings.Contains(a.Path, "/") {
		return len(c.VolumeMounts) > 0 // in some directory of PATH
	}
	return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool {
		return !path.IsAbs(a.Path) || a.Path == m.MountPath ||
			strings.HasPrefix(path.Clean(a.Path), strings.TrimSuffix(path.Clean(m.MountPath), "/")+"/")
	})
}
