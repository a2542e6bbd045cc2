package registration

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// joinAnnotation is on a node that somebody has created for Run to play. Its value is the node's status: the API server
// drops that of a node that is created.
const joinAnnotation = "localcluster.multiarch-deploy.dev/status"

// Joining returns the node as it has to be created for a running cluster to play it.
func Joining(node *corev1.Node) (*corev1.Node, error) {
	status, err := json.Marshal(node.Status)
	if err != nil {
		return nil, fmt.Errorf("node %q: %w", node.Name, err)
	}
	node = node.DeepCopy()
	if node.Annotations == nil {
		node.Annotations = map[string]string{}
	}
	node.Annotations[joinAnnotation] = string(status)
	node.Status = corev1.NodeStatus{}
	return node, nil
}

// Asking is the node as it is to be played, if it asks for that.
func Asking(o any) (*corev1.Node, bool) {
	node, ok := o.(*corev1.Node)
	if !ok || node.Annotations[joinAnnotation] == "" {
		return nil, false
	}
	status := corev1.NodeStatus{}
	if json.Unmarshal([]byte(node.Annotations[joinAnnotation]), &status) != nil {
		return nil, false
	}
	node = node.DeepCopy()
	node.ResourceVersion, node.UID = "", ""
	node.Status = status
	return node, true
}
