package pulling

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/kubernetes/pkg/credentialprovider"
	"k8s.io/kubernetes/pkg/credentialprovider/secrets"
)

// credentials reads the pod's imagePullSecrets and returns those that fit the image, the best first.
// A secret that does not exist is skipped, as the kubelet does.
func credentials(ctx context.Context, client kubernetes.Interface, pod *corev1.Pod,
	image string) ([]authn.Authenticator, error) {
	var found []corev1.Secret
	for _, ref := range pod.Spec.ImagePullSecrets {
		secret, err := client.CoreV1().Secrets(pod.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
		if err == nil {
			found = append(found, *secret)
		}
	}
	keyring, err := secrets.MakeDockerKeyring(found, &credentialprovider.BasicDockerKeyring{})
	if err != nil {
		return nil, fmt.Errorf("reading the image pull secrets of pod %s/%s: %w", pod.Namespace, pod.Name, err)
	}
	var auth []authn.Authenticator
	configs, _ := keyring.Lookup(image)
	for _, c := range configs {
		auth = append(auth, authn.FromConfig(authn.AuthConfig{
			Username: c.Username, Password: c.Password, IdentityToken: c.IdentityToken, RegistryToken: c.RegistryToken,
		}))
	}
	return auth, nil
}
