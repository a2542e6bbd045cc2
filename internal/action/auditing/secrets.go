package auditing

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/authn"
	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
	"github.com/multiarch-deploy/multiarch-deploy/internal/workloads"
)

// secretReaders is how many pull secrets are read side by side.
const secretReaders = 8

// pullLogins reads the image pull secrets that the workloads name, each once, where that is allowed.
func (a *Audit) pullLogins(ctx context.Context) *pullLogins {
	logins := &pullLogins{run: a.Keychain, secrets: map[string][]authn.Authenticator{}}
	client, err := kubernetes.NewForConfig(a.Cluster.Config)
	if err != nil {
		return logins // the cluster was read by the same config
	}
	wanted := a.pullSecrets()
	read := make([]identity.PullSecret, len(wanted))
	problems := make([]error, len(wanted))
	var group errgroup.Group
	group.SetLimit(secretReaders)
	for i, w := range wanted {
		group.Go(func() error {
			secret, err := client.CoreV1().Secrets(w.Namespace).Get(ctx, w.Name, metav1.GetOptions{})
			if err == nil {
				read[i], err = identity.ParsePullSecret(secret)
			}
			problems[i] = err
			return nil
		})
	}
	_ = group.Wait() // each error is kept with its secret
	for i, w := range wanted {
		for _, secret := range read[i].Secrets() {
			a.Mask(secret)
		}
		a.addLogins(logins, w, read[i])
	}
	a.Find(unreadSecrets(wanted, problems)...)
	return logins
}

// pullSecrets are those that the pods of workloads name. Admission has added those of their ServiceAccounts.
func (a *Audit) pullSecrets() (wanted []types.NamespacedName) {
	for _, u := range a.uses {
		for _, name := range u.pullSecrets {
			if !slices.Contains(wanted, name) {
				wanted = append(wanted, name)
			}
		}
	}
	return wanted
}

// useOf reads what the pods of a workload use.
func useOf(w workloads.Workload) use {
	all := template.Of(w.Object)
	spec := all[w.Template].Spec
	if w.Sample != nil {
		spec = w.Sample.Spec
	}
	u := use{images: pods.ImagesOf(spec), key: template.KeyOf(w.Object, all[w.Template])}
	for _, secret := range spec.ImagePullSecrets {
		u.pullSecrets = append(u.pullSecrets, types.NamespacedName{Namespace: w.Object.GetNamespace(), Name: secret.Name})
	}
	return u
}

// addLogins notes what a secret signs in to for the images of the workloads that name it.
func (a *Audit) addLogins(logins *pullLogins, from types.NamespacedName, secret identity.PullSecret) {
	byRegistry := map[string]authn.Authenticator{} // one login each, so that it is known again
	for _, u := range a.uses {
		if !slices.Contains(u.pullSecrets, from) {
			continue
		}
		for _, text := range u.images {
			ref, err := image.ParseReference(text)
			if err != nil {
				continue
			}
			repository := ref.Context()
			if login, ok := secret.For(repository.RegistryStr(), repository.RepositoryStr()); ok {
				if byRegistry[repository.String()] == nil {
					byRegistry[repository.String()] = login
				}
				logins.add(repository.String(), byRegistry[repository.String()])
			}
		}
	}
}

// unreadSecrets says once which pull secrets could not be read. Images that need one of them are reported as unknown.
func unreadSecrets(wanted []types.NamespacedName, problems []error) (all []finding.Finding) {
	forbidden := 0
	var first string
	for i, err := range problems {
		switch {
		case err == nil, apierrors.IsNotFound(err): // the kubelet passes over one that is not there, too
		case apierrors.IsForbidden(err):
			if forbidden++; first == "" {
				first = wanted[i].String()
			}
		default:
			all = append(all, finding.Finding{Code: finding.PlanIncomplete, Severity: finding.Info,
				Message: fmt.Sprintf("The image pull secret %s could not be read: %v.", wanted[i], err)})
		}
	}
	if forbidden > 0 {
		all = append(all, finding.Finding{Code: finding.PlanIncomplete, Severity: finding.Info,
			Message: fmt.Sprintf("%s may not be read, such as %s: images that need one are looked up without.",
				finding.Counted(forbidden, "image pull secret"), first),
			Fix: "Grant get on secrets in these namespaces: see the role multiarch-deploy-audit-secrets in docs/rbac.yaml."})
	}
	return all
}
