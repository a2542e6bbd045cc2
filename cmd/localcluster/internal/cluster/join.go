package cluster

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/registration"
)

// Join adds nodes to the cluster of a kubeconfig, which Run has written, and returns when they are Ready.
func Join(ctx context.Context, kubeconfig string, nodes []corev1.Node) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("reading the kubeconfig: %w", err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("making the API client: %w", err)
	}
	for i := range nodes {
		node, err := registration.Joining(&nodes[i])
		if err == nil {
			_, err = client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
		}
		if err != nil {
			return fmt.Errorf("adding node %q: %w", nodes[i].Name, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for i := range nodes {
		one := cache.NewListWatchFromClient(client.CoreV1().RESTClient(), "nodes", metav1.NamespaceAll,
			fields.OneTermEqualSelector("metadata.name", nodes[i].Name))
		if err := until(ctx, one, &corev1.Node{}, seen(1, nodeReady)); err != nil {
			return fmt.Errorf("waiting for node %q to be Ready: %w", nodes[i].Name, err)
		}
	}
	return nil
}
