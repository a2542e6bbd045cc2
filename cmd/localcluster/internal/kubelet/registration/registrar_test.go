package registration_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/registration"
)

// A controller that writes to the node between its being read and its being marked ready is no reason to stay behind.
func TestRegister_marks_a_node_ready_that_controllers_write_to(t *testing.T) {
	answer := func(w http.ResponseWriter, status int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	node := &corev1.Node{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Node"},
		ObjectMeta: metav1.ObjectMeta{Name: "n"}}
	marked := 0
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/nodes", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusCreated, node)
	})
	mux.HandleFunc("GET /api/v1/nodes/n", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, node) })
	mux.HandleFunc("PUT /api/v1/nodes/n/status", func(w http.ResponseWriter, _ *http.Request) {
		if marked++; marked == 1 {
			answer(w, http.StatusConflict, apierrors.NewConflict(corev1.Resource("nodes"), "n", nil).Status())
			return
		}
		answer(w, http.StatusOK, node)
	})
	mux.HandleFunc("POST /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases",
		func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusCreated, map[string]any{}) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	client, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL,
		ContentConfig: rest.ContentConfig{ContentType: "application/json"}})
	if err != nil {
		t.Fatal(err)
	}
	err = registration.Registrar{Client: client, Log: t.Logf}.Register(t.Context(), node, 10250)
	if err != nil || marked != 2 {
		t.Errorf("marked %d times, want 2: %v", marked, err)
	}
}
