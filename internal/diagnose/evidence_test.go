package diagnose

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// A server that does not keep to the limit that it is asked for sends a log without end.
func TestClusterLog_reads_no_more_than_it_asks_for(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for line, err := strings.Repeat("x", 1<<16), error(nil); err == nil; {
			_, err = io.WriteString(w, line)
		}
	}))
	defer server.Close()
	client, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	log, err := ClusterLog(client)(t.Context(), &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "cart"}}, "app", false)
	if err != nil || len(log) != readBytes {
		t.Errorf("%d bytes and error %v, want %d bytes", len(log), err, readBytes)
	}
}
