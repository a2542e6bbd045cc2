package kubelet

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/core/install" // registers how log options are read from a query

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/logs"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/registration"
)

// serve opens the kubelets' HTTPS endpoint until ctx ends and returns its port.
func serve(ctx context.Context, config *tls.Config, p *pods) (port int32, err error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(registration.NodeIP, "0"))
	if err != nil {
		return 0, fmt.Errorf("opening the stand-in nodes' endpoint: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", p.serveLogs)
	for _, verb := range []string{"/exec/", "/attach/", "/portForward/"} {
		mux.HandleFunc(verb, refuse)
	}
	server := &http.Server{
		Handler: mux, TLSConfig: config, ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	p.running.Go(func() { _ = server.ServeTLS(listener, "", "") }) // its only end is Close
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return int32(listener.Addr().(*net.TCPAddr).Port), nil
}

func refuse(response http.ResponseWriter, _ *http.Request) {
	http.Error(response, "this is a stand-in node: no process runs in its containers", http.StatusNotImplemented)
}

// serveLogs mirrors getContainerLogs of the kubelet's server.
func (p *pods) serveLogs(response http.ResponseWriter, request *http.Request) {
	options := &corev1.PodLogOptions{}
	if err := legacyscheme.ParameterCodec.DecodeParameters(request.URL.Query(), corev1.SchemeGroupVersion,
		options); err != nil {
		writeError(response, http.StatusBadRequest, `{"message": "Unable to decode query."}`)
		return
	}
	pod, name := request.PathValue("pod"), request.PathValue("container")
	w := p.named(request.PathValue("namespace"), pod)
	if w == nil {
		writeError(response, http.StatusNotFound, fmt.Sprintf("pod %q does not exist", pod))
		return
	}
	id, err := logs.Source(pod, w.lastReported(), name, options.Previous)
	if err != nil {
		writeError(response, http.StatusBadRequest, err.Error())
		return
	}
	// From here on the kubelet has answered 200, and what goes wrong is reported in the log's place.
	response.WriteHeader(http.StatusOK)
	c := w.box.WithID(id)
	if c == nil {
		fmt.Fprintf(response, "unable to retrieve container logs for %s", id)
		return
	}
	logs.Copy(request.Context(), response, c.Log, options)
}

func writeError(response http.ResponseWriter, code int, message string) {
	response.Header().Set("Content-Type", "text/plain")
	response.WriteHeader(code)
	fmt.Fprint(response, message)
}
