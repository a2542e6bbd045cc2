package sampleapp_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// deployment and service are what the samples promise; the numbers are those of the demos they follow.
type deployment struct {
	Name, Image, CPU, Memory string
	Replicas, Port           int32
	// Arch is what a required node affinity keeps the pods on, Spread the topology of a required anti-affinity.
	Arch, Spread string
}

type service struct {
	Name, Selects    string
	Type             corev1.ServiceType
	Port, TargetPort int32
}

func TestManifests_of_AKS(t *testing.T) {
	deployments, services := render(t, sampleapp.AKS(root))
	want := []deployment{
		{"app-amd64", "registry.example.com/app-amd64:latest", "50m", "32Mi", 4, 8080, "", ""},
		{"app-amd64-nodeaffinity", "registry.example.com/app-amd64:latest", "50m", "32Mi", 4, 8080, "amd64", ""},
		{"app-multi", "registry.example.com/app-multi:latest", "50m", "32Mi", 4, 8080, "", ""},
	}
	if diff := cmp.Diff(want, deployments); diff != "" {
		t.Errorf("deployments (-want +got):\n%s", diff)
	}
	balancer := func(name string) service { return service{name, name, corev1.ServiceTypeLoadBalancer, 80, 8080} }
	wantServices := []service{balancer("app-amd64"), balancer("app-amd64-nodeaffinity"), balancer("app-multi")}
	if diff := cmp.Diff(wantServices, services); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
}

func TestManifests_of_GKE(t *testing.T) {
	deployments, services := render(t, sampleapp.GKE(root))
	want := []deployment{{"envspitter", "registry.example.com/envspitter:latest", "1", "50Mi", 4, 80, "",
		"kubernetes.io/hostname"}}
	if diff := cmp.Diff(want, deployments); diff != "" {
		t.Errorf("deployments (-want +got):\n%s", diff)
	}
	wantServices := []service{{"envspitter", "envspitter", corev1.ServiceTypeLoadBalancer, 80, 80}}
	if diff := cmp.Diff(wantServices, services); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
}

// render reads every object strictly: a field that the API does not know fails the test.
func render(t *testing.T, app sampleapp.App) (deployments []deployment, services []service) {
	t.Helper()
	rendered := must(krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), app.Manifests))(t)
	for _, object := range rendered.Resources() {
		switch object.GetKind() {
		case "Deployment":
			deployments = append(deployments, readDeployment(t, decode[appsv1.Deployment](t, object)))
		case "Service":
			services = append(services, readService(decode[corev1.Service](t, object)))
		default:
			t.Errorf("unexpected object %s %s", object.GetKind(), object.GetName())
		}
	}
	slices.SortFunc(deployments, func(a, b deployment) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(services, func(a, b service) int { return strings.Compare(a.Name, b.Name) })
	return deployments, services
}

func decode[T any](t *testing.T, object *resource.Resource) (value T) {
	t.Helper()
	must(true, yaml.UnmarshalStrict(must(object.AsYAML())(t), &value))(t)
	return value
}

func readDeployment(t *testing.T, d appsv1.Deployment) deployment {
	t.Helper()
	pod := d.Spec.Template
	container := pod.Spec.Containers[0]
	if diff := cmp.Diff(d.Spec.Selector.MatchLabels, pod.Labels); diff != "" {
		t.Errorf("%s: the selector is not the pods' labels (-selector +labels):\n%s", d.Name, diff)
	}
	// The story the samples tell needs pods that count as ready the moment they start.
	if container.ReadinessProbe != nil || container.LivenessProbe != nil || container.StartupProbe != nil {
		t.Errorf("%s: has a probe", d.Name)
	}
	return deployment{
		Name: d.Name, Image: container.Image, Replicas: *d.Spec.Replicas, Port: container.Ports[0].ContainerPort,
		CPU: container.Resources.Requests.Cpu().String(), Memory: container.Resources.Requests.Memory().String(),
		Arch: requiredArch(pod.Spec.Affinity), Spread: requiredSpread(pod.Spec.Affinity),
	}
}

func requiredArch(a *corev1.Affinity) string {
	if a == nil || a.NodeAffinity == nil {
		return ""
	}
	rule := a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms[0].MatchExpressions[0]
	if rule.Key != "kubernetes.io/arch" || rule.Operator != corev1.NodeSelectorOpIn {
		return rule.String()
	}
	return rule.Values[0]
}

func requiredSpread(a *corev1.Affinity) string {
	if a == nil || a.PodAntiAffinity == nil {
		return ""
	}
	return a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].TopologyKey
}

func readService(s corev1.Service) service {
	port := s.Spec.Ports[0]
	return service{
		Name: s.Name, Selects: s.Spec.Selector["app"], Type: s.Spec.Type,
		Port: port.Port, TargetPort: port.TargetPort.IntVal,
	}
}
