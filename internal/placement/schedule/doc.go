// Package schedule asks kube-scheduler's own plugins where pods fit, over a snapshot of a cluster: which nodes could
// ever take a pod, and where it would be placed now. It looks at values only; nothing is read from a cluster or written
// to it.
package schedule

import (
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// Snapshot is what the scheduler knows of a cluster. What is missing counts as not there.
type Snapshot struct {
	Nodes      []corev1.Node
	Pods       []corev1.Pod // those without a node, and those that have ended, take no room
	Namespaces []corev1.Namespace
	Storage    Storage
}

// Storage is what decides where volumes can be used.
type Storage struct {
	Claims     []corev1.PersistentVolumeClaim
	Volumes    []corev1.PersistentVolume
	Classes    []storagev1.StorageClass
	CSINodes   []storagev1.CSINode
	CSIDrivers []storagev1.CSIDriver
	Capacities []storagev1.CSIStorageCapacity
}
