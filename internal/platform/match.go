package platform

import (
	"cmp"
	"strings"

	"github.com/containerd/platforms"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Normalise writes a platform the way containerd compares it: "aarch64" is arm64, arm64/v8 is arm64, arm is arm/v7.
func Normalise(p v1.Platform) v1.Platform {
	if p.Architecture == "" {
		return v1.Platform{OS: p.OS}
	}
	n := platforms.Normalize(spec(p))
	return v1.Platform{
		OS: n.OS, Architecture: n.Architecture, Variant: n.Variant,
		OSVersion: n.OSVersion, OSFeatures: n.OSFeatures,
	}
}

// Matches reports whether an image for have is what was meant by want. It takes no substitute, as
// a node does: who asks for a platform wants that one.
func Matches(want, have v1.Platform) bool {
	return have.Architecture != "" && platforms.OnlyStrict(spec(want)).Match(spec(have))
}

// Runs reports whether a node takes an image for have from an index: arm/v7 takes arm/v6, amd64 takes 386. Unlike
// Takes, it takes no OS for Linux.
func Runs(node, have v1.Platform) bool {
	return platforms.Only(spec(node)).Match(spec(have))
}

// Agree reports whether an index entry and the config behind it can both be right.
// Many builders leave the variant and the version of Windows out of one of them, so these count only where both have
// one.
func Agree(index, config v1.Platform) bool {
	either := func(a, b string) bool { return a == b || a == "" || b == "" }
	return index.OS == config.OS && index.Architecture == config.Architecture &&
		either(index.Variant, config.Variant) && either(index.OSVersion, config.OSVersion)
}

// spec converts to the type that containerd's matchers take. They would fill an empty OS with
// that of the machine this runs on; the nodes are what matters, and theirs is Linux.
func spec(p v1.Platform) specs.Platform {
	return specs.Platform{
		OS: cmp.Or(p.OS, "linux"), Architecture: p.Architecture, Variant: p.Variant,
		OSVersion: p.OSVersion, OSFeatures: p.OSFeatures,
	}
}

// Join writes platforms as users type them.
func Join(list []v1.Platform, separator string) string {
	var words []string
	for _, p := range list {
		words = append(words, p.String())
	}
	return strings.Join(words, separator)
}
