package schedule

import (
	"context"
	"fmt"
	"sync"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/latest"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/feature"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/noderesources"
	fwruntime "k8s.io/kubernetes/pkg/scheduler/framework/runtime"
	"k8s.io/kubernetes/pkg/scheduler/metrics"
)

// Scheduler places pods on the nodes of a snapshot. It is not safe for concurrent use.
type Scheduler struct {
	framework framework.Framework
	nodes     *lister
	volumes   volumes
	next      int // the node from which the next search starts
	close     context.CancelFunc
}

// Rules are the plugins that decide.
type Rules int

const (
	// Ever are those whose answer about an empty node lasts: name, labels, resources against what is allocatable, and
	// volumes. Taints are left to the caller, who can have them tolerated.
	Ever Rules = iota
	// Now are all that kube-scheduler runs by default, but for what reserves devices (resource claims), groups pods, or
	// preempts others.
	Now
)

func (r Rules) plugins() []string {
	ever := []string{
		names.PrioritySort, names.DefaultBinder, // which a profile must have
		names.NodeName, names.NodeAffinity, names.NodeResourcesFit, names.VolumeBinding, names.VolumeZone,
	}
	if r == Ever {
		return ever
	}
	return append(ever, names.NodeUnschedulable, names.TaintToleration, names.NodePorts, names.VolumeRestrictions,
		names.NodeVolumeLimits, names.PodTopologySpread, names.InterPodAffinity, names.NodeResourcesBalancedAllocation,
		names.ImageLocality)
}

// New makes a scheduler of the snapshot, whose slices it keeps. Close it after use.
func New(ctx context.Context, s Snapshot, rules Rules) (*Scheduler, error) {
	initMetrics()
	profile, err := profileOf(rules)
	if err != nil {
		return nil, fmt.Errorf("the scheduler's defaults: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	nodes, factory := newLister(s), informersOf(s)
	fw, err := fwruntime.NewFramework(quiet(ctx), registry(), profile,
		fwruntime.WithInformerFactory(factory),
		fwruntime.WithSnapshotSharedLister(shared{nodes}),
		fwruntime.WithSharedCSIManager(csi{nodes.csiNodes}),
		fwruntime.WithLogger(logr.Discard()),
		fwruntime.WithParallelism(parallelism),
	)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("the scheduler's plugins: %w", err)
	}
	return &Scheduler{framework: fw, nodes: nodes, volumes: volumesOf(s, factory), close: cancel}, nil
}

// parallelism is kube-scheduler's own; more goroutines than cores cost little.
const parallelism = 16

// initMetrics makes the counters that the plugins count with. Nobody reads them.
var initMetrics = sync.OnceFunc(metrics.InitMetrics)

// registry is the scheduler's, with resources that need no devices of the API group resource.k8s.io: what these reserve
// is not in a snapshot.
func registry() fwruntime.Registry {
	all := plugins.NewInTreeRegistry()
	all[names.NodeResourcesFit] = fwruntime.FactoryAdapter(gates(), noderesources.NewFit)
	all[names.NodeResourcesBalancedAllocation] = fwruntime.FactoryAdapter(gates(), noderesources.NewBalancedAllocation)
	return all
}

func gates() feature.Features {
	return feature.Features{EnableInPlacePodVerticalScaling: true, EnablePodLevelResources: true}
}

func profileOf(rules Rules) (*config.KubeSchedulerProfile, error) {
	defaults, err := latest.Default()
	if err != nil {
		return nil, err
	}
	profile := defaults.Profiles[0]
	weights := map[string]int32{}
	for _, p := range profile.Plugins.MultiPoint.Enabled {
		weights[p.Name] = p.Weight
	}
	enabled := config.PluginSet{}
	for _, name := range rules.plugins() {
		enabled.Enabled = append(enabled.Enabled, config.Plugin{Name: name, Weight: weights[name]})
	}
	profile.Plugins = &config.Plugins{MultiPoint: enabled}
	return &profile, nil
}

// quiet keeps the plugins from writing to the process's log.
func quiet(ctx context.Context) context.Context { return klog.NewContext(ctx, logr.Discard()) }

// Close ends what the scheduler runs in the background.
func (s *Scheduler) Close() { s.close() }

// Add puts a pod that has a node there.
func (s *Scheduler) Add(pod *corev1.Pod) { s.nodes.add(pod) }

// Remove takes a pod from its node.
func (s *Scheduler) Remove(pod *corev1.Pod) { s.nodes.remove(pod) }
