package template

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// shape reads the map at a path of an object as a pod spec, for kinds whose containers are not in a list of that name.
type shape func(obj map[string]any, path Path, at map[string]any) (fields map[string]any, fixed string, ok bool)

// shapes are by API group.
var shapes = map[string]shape{
	"argoproj.io":          argo,
	"tekton.dev":           tekton,
	"sparkoperator.k8s.io": spark,
}

// placing are the fields of a pod spec that say where pods may run.
var placing = []string{
	"nodeSelector", "affinity", "tolerations", "schedulerName", "priorityClassName", "runtimeClassName",
}

// argo reads a template of an Argo workflow, which starts a container, a script or a set of containers. What a template
// does not say about nodes the workflow says (https://argo-workflows.readthedocs.io/en/latest/fields/#template).
func argo(obj map[string]any, path Path, at map[string]any) (map[string]any, string, bool) {
	if !slices.Contains(path, "templates") && path.last() != "templateDefaults" {
		return nil, "", false
	}
	var containers []any
	for _, key := range []string{"container", "script"} {
		if c, ok := at[key].(map[string]any); ok && c["image"] != nil {
			c = maps.Clone(c)
			c["name"] = "main"
			containers = append(containers, c)
		}
	}
	if set, ok := at["containerSet"].(map[string]any); ok {
		list, _ := set["containers"].([]any)
		containers = append(containers, list...)
	}
	if len(containers) == 0 {
		return nil, "", false
	}
	workflow := Path{"spec"}
	if i := slices.Index(path, "templates"); i > 0 {
		workflow = path[:i]
	}
	sidecars, _ := at["sidecars"].([]any)
	fields := pick(at, append(slices.Clone(placing), "initContainers", "volumes"))
	fields["containers"] = slices.Concat(containers, sidecars)
	inherit(fields, workflow.In(obj), placing)
	return plain(fields), "", true
}

// tekton reads the steps of a Tekton task. Where their pod may run is for the runs of the task to say
// (https://tekton.dev/docs/pipelines/podtemplates/).
func tekton(obj map[string]any, path Path, at map[string]any) (map[string]any, string, bool) {
	steps, _ := at["steps"].([]any)
	if !hasContainers(steps, false) {
		return nil, "", false
	}
	defaults, _ := at["stepTemplate"].(map[string]any)
	var containers []any
	for _, s := range steps {
		if step, ok := s.(map[string]any); ok {
			c := maps.Clone(step)
			inherit(c, defaults, []string{"image", "command", "args", "env"})
			containers = append(containers, pick(c, []string{"name", "image", "command", "args", "env", "envFrom",
				"workingDir"}))
		}
	}
	sidecars, _ := at["sidecars"].([]any)
	fields := map[string]any{"containers": slices.Concat(containers, sidecars)}
	inherit(fields, Path{"spec", "podTemplate"}.In(obj), placing)
	return plain(fields), "a task selects no nodes, the podTemplate of its runs does", true
}

// spark reads the driver and the executor of a Spark application, which take their image and their nodes' labels from
// the application (https://github.com/kubeflow/spark-operator/blob/master/docs/api-docs.md).
func spark(obj map[string]any, path Path, at map[string]any) (map[string]any, string, bool) {
	role := path.last()
	if role != "driver" && role != "executor" {
		return nil, "", false
	}
	application := path[:len(path)-1].In(obj)
	container := map[string]any{"name": "spark-kubernetes-" + role}
	inherit(container, at, []string{"image"})
	inherit(container, application, []string{"image"})
	if container["image"] == nil {
		return nil, "", false
	}
	fields := pick(at, append(slices.Clone(placing), "initContainers", "volumes"))
	sidecars, _ := at["sidecars"].([]any)
	fields["containers"] = append([]any{container}, sidecars...)
	own, _ := at["nodeSelector"].(map[string]any)
	if shared, ok := application["nodeSelector"].(map[string]any); ok {
		selector := maps.Clone(shared)
		maps.Copy(selector, own)
		fields["nodeSelector"] = selector
	}
	return plain(fields), "", true
}

// pick copies some of the fields.
func pick(fields map[string]any, keys []string) map[string]any {
	some := map[string]any{}
	inherit(some, fields, keys)
	return some
}

// inherit fills in fields that are missing.
func inherit(fields, from map[string]any, keys []string) {
	for _, key := range keys {
		if value, ok := from[key]; ok && fields[key] == nil {
			fields[key] = value
		}
	}
}

// plain leaves out the images that parameters make: nobody knows them yet.
func plain(fields map[string]any) map[string]any {
	fields = runtime.DeepCopyJSON(fields)
	for _, key := range []string{"containers", "initContainers"} {
		list, _ := fields[key].([]any)
		for _, c := range list {
			container, _ := c.(map[string]any)
			if image, _ := container["image"].(string); isParameter(image) {
				delete(container, "image")
			}
		}
	}
	return fields
}

// isParameter: an image is written "{{inputs.parameters.image}}" or "$(params.image)".
func isParameter(image string) bool {
	return strings.Contains(image, "{{") || strings.Contains(image, "$(")
}
