// Package containerd is what the container runtime of a stand-in node has and says: which manifest it takes of an
// image, what it calls the image then, and how one generation of containerd and runc words its failures.
package containerd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// Dialect is how one generation of containerd and runc words its failures, as seen on real nodes.
type Dialect struct {
	ExecExit    int    // of a container whose program Linux refuses to load
	initPrefix  string // runc: where starting a container failed
	startSuffix string // containerd: the gRPC code of a task that did not start
	unresolved  func(ref string) string
	noPlatform  func(ref, digest string) string
	User        bool // reports the user of a container's first process
}

// containerd16 is containerd 1.6 with runc 1.1.
func containerd16() Dialect {
	return Dialect{
		ExecExit:    1,
		startSuffix: ": unknown",
		unresolved:  func(ref string) string { return fmt.Sprintf("failed to resolve reference %q", ref) },
		noPlatform: func(ref, _ string) string {
			return fmt.Sprintf("failed to pull and unpack image %q: no match for platform in manifest: not found", ref)
		},
	}
}

// containerd2 is containerd 2 with runc 1.2 or newer.
func containerd2() Dialect {
	return Dialect{
		ExecExit:   255,
		initPrefix: "error during container init: ",
		unresolved: func(string) string { return "failed to resolve image" },
		noPlatform: func(_, digest string) string {
			return fmt.Sprintf("get image config descriptor: no match for platform in manifest %s: not found", digest)
		},
		User: true,
	}
}

// DialectOf reads a node's containerRuntimeVersion, such as "containerd://1.6.20".
func DialectOf(runtimeVersion string) Dialect {
	if strings.HasPrefix(runtimeVersion, "containerd://1.") {
		return containerd16()
	}
	return containerd2()
}

// StartError is what the kubelet gets when runc cannot even try to start the program.
func (d Dialect) StartError(command string, err error) string {
	return "failed to create containerd task: failed to create shim task: " +
		"OCI runtime create failed: runc create failed: " +
		"unable to start container process: " + d.initPrefix + LookPathError(command, err) + d.startSuffix
}

// LookPathError words an error as Go's os/exec does inside of runc.
func LookPathError(command string, err error) string {
	var pathErr *rootfs.PathError
	if !errors.As(err, &pathErr) {
		return fmt.Sprintf("exec: %q: %v", command, err)
	}
	switch {
	case errors.Is(err, rootfs.ErrNotFound), errors.Is(err, rootfs.ErrNotDirectory), errors.Is(err, rootfs.ErrLoop):
		return fmt.Sprintf("exec: %q: stat %s: %v", command, command, pathErr.Err)
	}
	return fmt.Sprintf("exec: %q: %v", command, pathErr.Err)
}
