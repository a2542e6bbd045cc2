package inputs

import (
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/catalogue"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/reader"
)

// builders reads the builder input: where BuildKits are, Cloud Build, or neither for assemble.
func (p parser) builders(config *Config) {
	lines := reader.Items(p.Text("builder"))
	for _, line := range lines {
		kind := strings.Fields(line)[0]
		if (kind == catalogue.AssembleBuilder || kind == catalogue.CloudBuilder) && len(lines) > 1 {
			p.Problem("builder: %s builds every platform, so it must be the only line", kind)
		}
		switch kind {
		case catalogue.CloudBuilder:
			config.CloudBuild = p.cloudBuild(line, config.Google)
		case catalogue.AssembleBuilder:
			if line != kind {
				p.Problem("builder: %s builds every platform and takes no keys", kind)
			}
			config.Endpoints = nil
			return
		default:
			config.Endpoints = append(config.Endpoints, p.endpoint(line))
		}
	}
	p.division(config.Endpoints)
}

func (p parser) endpoint(line string) build.Endpoint {
	fields := strings.Fields(line)
	e := build.Endpoint{Address: fields[0]}
	p.address(e.Address)
	for _, field := range fields[1:] {
		key, value, _ := strings.Cut(field, "=")
		switch {
		case value == "":
			p.Problem("builder: %q is not key=value", field)
		case key == "platforms":
			e.Platforms = p.Platforms("builder, platforms", value)
		case key == "cacert":
			e.CACert = value
		case key == "cert":
			e.Cert = value
		case key == "key":
			e.Key = value
		case key == "servername":
			e.ServerName = value
		default:
			p.Problem("builder: unknown key %q; known are platforms, and for tcp:// cacert, cert, key and servername", key)
		}
	}
	if e.CACert+e.Cert+e.Key+e.ServerName != "" && !strings.HasPrefix(e.Address, "tcp://") {
		p.Problem("builder: cacert, cert, key and servername are for tcp://, not for %q", e.Address)
	}
	return e
}

func (p parser) address(address string) {
	scheme, rest, _ := strings.Cut(address, "://")
	switch {
	case address == "auto":
	case !slices.Contains([]string{"docker-container", "tcp", "unix"}, scheme) || rest == "":
		p.Problem("builder: %q is not one of auto, docker-container://NAME, tcp://HOST:PORT, unix://PATH, %s, %s", address,
			catalogue.AssembleBuilder, catalogue.CloudBuilder)
	}
}

// division checks that endpoints share the platforms between them: each is built by one.
func (p parser) division(endpoints []build.Endpoint) {
	var taken []v1.Platform
	rest := 0
	for _, e := range endpoints {
		if len(e.Platforms) == 0 {
			rest++
		}
		for _, platform := range e.Platforms {
			if slices.ContainsFunc(taken, platform.Equals) {
				p.Problem("builder: %s is given to two builders; name each platform once", platform)
			}
			taken = append(taken, platform)
		}
	}
	if rest > 1 {
		p.Problem("builder: %d lines name no platforms; only one can take all that the others leave", rest)
	}
}
