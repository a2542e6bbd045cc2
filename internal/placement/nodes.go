package placement

import corev1 "k8s.io/api/core/v1"

// NodeGroup counts the nodes that are alike in platform and taints.
type NodeGroup struct {
	// Architecture is a GOARCH value and OS a GOOS value, as the kubelet reports them.
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
	Count        int    `json:"count"`
	// Taints are written as kubectl does: "key=value:Effect", or "key:Effect" without a value. Never nil.
	Taints []string `json:"taints"`
}

// GroupNodes groups nodes for the report, ordered by architecture, os and taints.
func GroupNodes(nodes []corev1.Node) []NodeGroup {
	return nil
}
