package build

import v1 "github.com/google/go-containerregistry/pkg/v1"

// Endpoint is one BuildKit, and what it builds.
type Endpoint struct {
	// Address is auto, docker-container://NAME, tcp://HOST:PORT or unix://PATH.
	Address string
	// Platforms are those that are built here; none is all that no other endpoint names.
	Platforms []v1.Platform
	// CACert, Cert and Key are PEM files for TLS over tcp://, and ServerName the name to expect in the server's
	// certificate where it is not HOST. They are named as the options of buildx's remote driver:
	// https://docs.docker.com/build/builders/drivers/remote/
	CACert, Cert, Key, ServerName string
}
