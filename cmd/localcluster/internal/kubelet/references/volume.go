package references

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
)

// Volume fails where a volume cannot be made, for want of a ConfigMap, a Secret or a key.
func (n Namespace) Volume(ctx context.Context, v corev1.Volume) error {
	var errs []error
	for _, s := range sourcesOf(v) {
		errs = append(errs, n.checkSource(ctx, s))
	}
	return utilerrors.NewAggregate(errs)
}

// source is a ConfigMap or a Secret that a volume is made of.
type source struct {
	reference
	// items are the keys that the volume asks for; none: all that there are.
	items []corev1.KeyToPath
}

// sourcesOf are what a volume is made of, as far as that is an object of the namespace.
func sourcesOf(v corev1.Volume) []source {
	switch {
	case v.ConfigMap != nil:
		return []source{{reference{kind: "ConfigMap", name: v.ConfigMap.Name, optional: v.ConfigMap.Optional},
			v.ConfigMap.Items}}
	case v.Secret != nil:
		return []source{{reference{kind: "Secret", name: v.Secret.SecretName, optional: v.Secret.Optional}, v.Secret.Items}}
	case v.Projected == nil:
		return nil
	}
	var all []source
	for _, p := range v.Projected.Sources {
		if c := p.ConfigMap; c != nil {
			all = append(all, source{reference{kind: "ConfigMap", name: c.Name, optional: c.Optional}, c.Items})
		}
		if s := p.Secret; s != nil {
			all = append(all, source{reference{kind: "Secret", name: s.Name, optional: s.Optional}, s.Items})
		}
	}
	return all
}

// checkSource fails where a source or a key of it is not there. The words are those of MakePayload in
// pkg/volume/configmap and pkg/volume/secret.
func (n Namespace) checkSource(ctx context.Context, s source) error {
	if s.optional != nil && *s.optional {
		return nil
	}
	has, err := n.keys(ctx, s.reference)
	if err != nil {
		return err
	}
	for _, item := range s.items {
		switch {
		case has(item.Key):
		case s.kind == "Secret":
			return fmt.Errorf("references non-existent secret key: %s", item.Key)
		default:
			return fmt.Errorf("configmap references non-existent config key: %s", item.Key)
		}
	}
	return nil
}
