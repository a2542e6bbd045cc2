package preset

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
)

// kubeletLabels are those a kubelet sets itself; the beta ones are old, and AKS and GKE nodes still carry them.
// https://kubernetes.io/docs/reference/labels-annotations-taints/
func kubeletLabels(pool Pool) map[string]string {
	return map[string]string{
		corev1.LabelArchStable:    pool.Architecture,
		corev1.LabelOSStable:      pool.OS,
		corev1.LabelHostname:      "",
		"beta.kubernetes.io/arch": pool.Architecture,
		"beta.kubernetes.io/os":   pool.OS,
	}
}

// labels joins the file's, the pool's and the kubelet's labels; the later win.
func labels(pool Pool, common map[string]string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, common)
	maps.Copy(all, pool.Labels)
	maps.Copy(all, kubeletLabels(pool))
	return all
}

func (c *converter) checkLabels(at string, labels map[string]string) {
	own := kubeletLabels(Pool{})
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if _, ok := own[key]; ok {
			c.problem("%s: %s follows from the node's name, os and architecture; remove it", at, key)
		}
		if problems := validation.IsQualifiedName(key); len(problems) > 0 {
			c.problem("%s: key %q: %s", at, key, problems[0])
		}
		if problems := validation.IsValidLabelValue(labels[key]); len(problems) > 0 {
			c.problem("%s: %s: value %q: %s", at, key, labels[key], problems[0])
		}
	}
}

// taints parses KEY=VALUE:EFFECT and KEY:EFFECT.
func (c *converter) taints(at string, texts []string) []corev1.Taint {
	effects := []corev1.TaintEffect{corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule,
		corev1.TaintEffectNoExecute}
	var taints []corev1.Taint
	for _, text := range texts {
		rest, effect, _ := strings.Cut(text, ":")
		key, value, _ := strings.Cut(rest, "=")
		taint := corev1.Taint{Key: key, Value: value, Effect: corev1.TaintEffect(effect)}
		if len(validation.IsQualifiedName(key))+len(validation.IsValidLabelValue(value)) > 0 ||
			!slices.Contains(effects, taint.Effect) {
			c.problem("%s.taints: %q; write KEY=VALUE:EFFECT or KEY:EFFECT, EFFECT one of NoSchedule, PreferNoSchedule, "+
				"NoExecute", at, text)
		}
		taints = append(taints, taint)
	}
	return taints
}

func defaultCapacity() corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("4"),
		corev1.ResourceMemory: resource.MustParse("16Gi"),
		corev1.ResourcePods:   resource.MustParse("110"),
	}
}

// resources parses quantities on top of the standard ones.
func (c *converter) resources(at string, given map[corev1.ResourceName]quantity,
	standard corev1.ResourceList) corev1.ResourceList {
	list := standard.DeepCopy()
	for _, name := range slices.Sorted(maps.Keys(given)) {
		amount, err := resource.ParseQuantity(string(given[name]))
		if err != nil || amount.Sign() < 0 {
			c.problem("%s.%s: %q is no quantity; write one such as 4, 500m or 16Gi", at, name, given[name])
			continue
		}
		list[name] = amount
	}
	return list
}
