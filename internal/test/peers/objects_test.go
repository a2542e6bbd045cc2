//go:build peers

package peers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// objects are a namespace with Deployments of no pods, as many Services, and half as many ConfigMaps.
type objects struct {
	namespace, registry string
	count               int
	replicas            int
}

const objectsPerFile = 50

// writeObjects writes a kustomization of objects. One Deployment uses the image registry/app, which the kustomization
// sets to v1, the others one of ten more.
func writeObjects(t *testing.T, dir string, o objects) {
	t.Helper()
	var files []string
	for first := 0; first < o.count; first += objectsPerFile {
		var text strings.Builder
		for i := first; i < min(first+objectsPerFile, o.count); i++ {
			text.WriteString("---\n" + o.object(i))
		}
		files = append(files, fmt.Sprintf("objects-%03d.yaml", first/objectsPerFile))
		writeFile(t, filepath.Join(dir, files[len(files)-1]), text.String())
	}
	writeKustomization(t, dir, o, files, "v1")
}

func writeKustomization(t *testing.T, dir string, o objects, files []string, tag string) {
	t.Helper()
	writeFile(t, filepath.Join(dir, "kustomization.yaml"), fmt.Sprintf(
		"namespace: %s\nimages:\n- name: registry/app\n  newName: %s/shop/app\n  newTag: %s\nresources:\n- %s\n",
		o.namespace, o.registry, tag, strings.Join(files, "\n- ")))
}

// setTag sets the image's tag as a person would who uses kubectl.
func setTag(t *testing.T, dir, from, to string) {
	t.Helper()
	path := filepath.Join(dir, "kustomization.yaml")
	content, err := os.ReadFile(path)
	must(t, err)
	writeFile(t, path, strings.Replace(string(content), "newTag: "+from, "newTag: "+to, 1))
}

func (o objects) object(i int) string {
	if i == 0 {
		return "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: " + o.namespace + "\n"
	}
	head := fmt.Sprintf("metadata:\n  name: app-%04d\n  labels: {app: app-%04d, tier: front}\n", i, i-i%5)
	switch i % 5 {
	case 1, 2:
		return "apiVersion: apps/v1\nkind: Deployment\n" + head + o.deployment(i)
	case 3, 4:
		return "apiVersion: v1\nkind: Service\n" + head + fmt.Sprintf("spec:\n  selector: {app: app-%04d}\n  ports:\n"+
			"  - name: http\n    port: 80\n    targetPort: 8080\n", i-2)
	default:
		return "apiVersion: v1\nkind: ConfigMap\n" + head + "data:\n  a: b\n  config: |\n    key: value\n    other: value\n"
	}
}

func (o objects) deployment(i int) string {
	image := fmt.Sprintf("%s/shop/service-%d:v1", o.registry, i%10)
	if i == 1 {
		image = "registry/app"
	}
	return fmt.Sprintf(`spec:
  replicas: %d
  selector:
    matchLabels: {app: app-%04d}
  template:
    metadata:
      labels: {app: app-%04[2]d}
    spec:
      containers:
      - name: app
        image: %[3]s
        ports:
        - containerPort: 8080
        env:
        - name: LOG
          value: info
        - name: DATABASE
          valueFrom: {configMapKeyRef: {name: app-0005, key: a}}
        resources:
          requests: {cpu: 10m, memory: 16Mi}
          limits: {memory: 128Mi}
        readinessProbe:
          httpGet: {path: /, port: 8080}
`, o.replicas, i, image)
}
