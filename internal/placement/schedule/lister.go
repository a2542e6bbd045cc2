package schedule

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// lister is the plugins' view of the nodes and of what runs there. Pods come and go while a plan is made.
type lister struct {
	infos    []fwk.NodeInfo
	byName   map[string]*framework.NodeInfo
	unsized  []*framework.NodeInfo // nodes that report no allocatable resources
	csiNodes map[string]*storagev1.CSINode
}

func newLister(s Snapshot) *lister {
	l := &lister{byName: map[string]*framework.NodeInfo{}, csiNodes: map[string]*storagev1.CSINode{}}
	for i := range s.Nodes {
		info := framework.NewNodeInfo()
		info.SetNode(&s.Nodes[i])
		l.infos = append(l.infos, info)
		l.byName[s.Nodes[i].Name] = info
		if len(s.Nodes[i].Status.Allocatable) == 0 {
			l.unsized = append(l.unsized, info)
		}
	}
	for i := range s.Pods {
		l.add(&s.Pods[i])
	}
	for i := range s.Storage.CSINodes {
		l.csiNodes[s.Storage.CSINodes[i].Name] = &s.Storage.CSINodes[i]
	}
	return l
}

// add puts a pod on its node, as the scheduler's cache does: a pod that has ended takes no room.
func (l *lister) add(pod *corev1.Pod) {
	if info, ok := l.byName[pod.Spec.NodeName]; ok && !ended(pod) {
		info.AddPod(pod)
	}
}

func ended(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

func (l *lister) remove(pod *corev1.Pod) {
	if info, ok := l.byName[pod.Spec.NodeName]; ok && !ended(pod) {
		_ = info.RemovePod(klog.Logger{}, pod) // the error is that it was not there
	}
}

// List is of all nodes, in the snapshot's order.
func (l *lister) List() ([]fwk.NodeInfo, error) { return l.infos, nil }

// HavePodsWithAffinityList is of the nodes on which a pod has an affinity to pods or against them.
func (l *lister) HavePodsWithAffinityList() ([]fwk.NodeInfo, error) {
	return l.where(func(n fwk.NodeInfo) bool { return len(n.GetPodsWithAffinity()) > 0 }), nil
}

// HavePodsWithRequiredAntiAffinityList is of the nodes on which a pod must not be beside certain others.
func (l *lister) HavePodsWithRequiredAntiAffinityList() ([]fwk.NodeInfo, error) {
	return l.where(func(n fwk.NodeInfo) bool { return len(n.GetPodsWithRequiredAntiAffinity()) > 0 }), nil
}

// HavePodsWithRequiredNonHostScopedAntiAffinityList is of those among them whose pods look beyond their own node.
func (l *lister) HavePodsWithRequiredNonHostScopedAntiAffinityList() ([]fwk.NodeInfo, error) {
	return l.where(func(n fwk.NodeInfo) bool { return len(n.GetPodsWithRequiredNonHostScopedAntiAffinity()) > 0 }), nil
}

func (l *lister) where(is func(fwk.NodeInfo) bool) []fwk.NodeInfo {
	var all []fwk.NodeInfo
	for _, info := range l.infos {
		if is(info) {
			all = append(all, info)
		}
	}
	return all
}

// Get returns a node by its name.
func (l *lister) Get(name string) (fwk.NodeInfo, error) {
	if info, ok := l.byName[name]; ok {
		return info, nil
	}
	return nil, fmt.Errorf("node %q is not in the snapshot", name)
}

// IsPVCUsedByPods reports whether a pod on any node uses the claim "namespace/name".
func (l *lister) IsPVCUsedByPods(key string) bool {
	for _, info := range l.infos {
		if info.GetPVCRefCounts()[key] > 0 {
			return true
		}
	}
	return false
}

// shared joins what the plugins ask for. Groups of pods are placed by a gate that this package leaves off.
type shared struct{ *lister }

func (s shared) NodeInfos() fwk.NodeInfoLister                             { return s.lister }
func (s shared) StorageInfos() fwk.StorageInfoLister                       { return s.lister }
func (s shared) PodGroupStates() fwk.PodGroupStateLister                   { return nil }
func (s shared) PodGroups() fwk.PodGroupLister                             { return nil }
func (s shared) CompositePodGroupStates() fwk.CompositePodGroupStateLister { return nil }
func (s shared) CompositePodGroups() fwk.CompositePodGroupLister           { return nil }

// csi gives the limits of volumes per node.
type csi struct{ nodes map[string]*storagev1.CSINode }

func (c csi) CSINodes() fwk.CSINodeLister { return c }

// List is of every node's drivers.
func (c csi) List() ([]*storagev1.CSINode, error) {
	var all []*storagev1.CSINode
	for _, n := range c.nodes {
		all = append(all, n)
	}
	return all, nil
}

var errNoCSINode = errors.New("the node has no CSINode")

// Get returns the drivers of one node.
func (c csi) Get(name string) (*storagev1.CSINode, error) {
	if n, ok := c.nodes[name]; ok {
		return n, nil
	}
	return nil, errNoCSINode
}
