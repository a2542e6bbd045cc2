package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/controlplane"
)

// kubeconfigFile is the file that the user finds the cluster by. A file that holds anything else is never touched.
type kubeconfigFile struct {
	path    string
	written bool
}

// newKubeconfigFile refuses a path that is taken, before anything is started.
func newKubeconfigFile(path string) (*kubeconfigFile, error) {
	// An absolute path stays the same file to remove, wherever the program goes.
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	if dir := filepath.Dir(path); !isDir(dir) {
		return nil, fmt.Errorf("kubeconfig: directory %q does not exist; make it, or name another file", dir)
	}
	_, err = os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &kubeconfigFile{path: path}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	if !leftover(path) {
		return nil, fmt.Errorf("kubeconfig %q exists already, and is not a leftover of a local cluster that is gone; name "+
			"another file, or remove it", path)
	}
	return &kubeconfigFile{path: path}, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// leftover reports whether path holds the kubeconfig of a local cluster that was killed before it could remove it.
func leftover(path string) bool {
	config, err := clientcmd.LoadFromFile(path)
	if err != nil || len(config.Clusters) != 1 || config.Clusters[controlplane.Context] == nil {
		return false
	}
	server, err := url.Parse(config.Clusters[controlplane.Context].Server)
	if err != nil {
		return false
	}
	conn, err := net.Dial("tcp", server.Host)
	if err != nil {
		return true
	}
	conn.Close()
	return false
}

// write puts the file in place, whole at once, for its owner alone.
func (f *kubeconfigFile) write(data []byte) error {
	part := f.path + ".part"
	defer os.Remove(part)
	if err := os.WriteFile(part, data, 0o600); err != nil {
		return fmt.Errorf("writing the kubeconfig: %w", err)
	}
	if err := os.Rename(part, f.path); err != nil {
		return fmt.Errorf("writing the kubeconfig: %w", err)
	}
	f.written = true
	return nil
}

// remove takes the file away again, if it was written.
func (f *kubeconfigFile) remove() {
	if f.written {
		_ = os.Remove(f.path)
	}
}
