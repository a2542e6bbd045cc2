package inputs

import (
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// assembleBuilder is the builder that needs no BuildKit.
const assembleBuilder = "assemble"

// builders reads the builder input: where BuildKits are, Cloud Build, or neither for assemble.
func (p *parser) builders(config *Config) {
	lines := items(p.text("builder"))
	for _, line := range lines {
		kind := strings.Fields(line)[0]
		if (kind == assembleBuilder || kind == cloudBuilder) && len(lines) > 1 {
			p.problem("builder: %s builds every platform, so it must be the only line", kind)
		}
		switch kind {
		case cloudBuilder:
			config.CloudBuild = p.cloudBuild(line, config.Google)
		case assembleBuilder:
			if line != kind {
				p.problem("builder: %s builds every platform and takes no keys", kind)
			}
			config.Endpoints = nil
			return
		default:
			config.Endpoints = append(config.Endpoints, p.endpoint(line))
		}
	}
	p.division(config.Endpoints)
}

func (p *parser) endpoint(line string) build.Endpoint {
	fields := strings.Fields(line)
	e := build.Endpoint{Address: fields[0]}
	p.address(e.Address)
	for _, field := range fields[1:] {
		key, value, _ := strings.Cut(field, "=")
		switch {
		case value == "":
			p.problem("builder: %q is not key=value", field)
		case key == "platforms":
			e.Platforms = p.platforms("builder, platforms", value)
		case key == "cacert":
			e.CACert = value
		case key == "cert":
			e.Cert = value
		case key == "key":
			e.Key = value
		case key == "servername":
			e.ServerName = value
		default:
			p.problem("builder: unknown key %q; known are platforms, and for tcp:// cacert, cert, key and servername", key)
		}
	}
	if e.CACert+e.Cert+e.Key+e.ServerName != "" && !strings.HasPrefix(e.Address, "tcp://") {
		p.problem("builder: cacert, cert, key and servername are for tcp://, not for %q", e.Address)
	}
	return e
}

func (p *parser) address(address string) {
	scheme, rest, _ := strings.Cut(address, "://")
	switch {
	case address == "auto":
	case !slices.Contains([]string{"docker-container", "tcp", "unix"}, scheme) || rest == "":
		p.problem("builder: %q is not one of auto, docker-container://NAME, tcp://HOST:PORT, unix://PATH, %s, %s", address,
			assembleBuilder, cloudBuilder)
	}
}

// division checks that endpoints share the platforms between them: each is built by one.
func (p *parser) division(endpoints []build.Endpoint) {
	var taken []v1.Platform
	rest := 0
	for _, e := range endpoints {
		if len(e.Platforms) == 0 {
			rest++
		}
		for _, platform := range e.Platforms {
			if slices.ContainsFunc(taken, platform.Equals) {
				p.problem("builder: %s is given to two builders; name each platform once", platform)
			}
			taken = append(taken, platform)
		}
	}
	if rest > 1 {
		p.problem("builder: %d lines name no platforms; only one can take all that the others leave", rest)
	}
}

// covered checks that some endpoint builds each platform of an image.
func (p *parser) covered(where string, platforms []v1.Platform, endpoints []build.Endpoint) {
	for _, platform := range platforms {
		builds := func(e build.Endpoint) bool {
			return len(e.Platforms) == 0 || slices.ContainsFunc(e.Platforms, platform.Equals)
		}
		if !slices.ContainsFunc(endpoints, builds) {
			p.problem("%s: no line of builder builds %s; add it to the platforms of one, or add a line without platforms", where,
				platform)
		}
	}
}
