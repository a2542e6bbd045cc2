package assemble

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// over lays what an image says of its start over what its base says.
func over(base, own v1.Config) v1.Config {
	merged := *base.DeepCopy()
	if own.Entrypoint != nil {
		// The base's arguments were meant for the base's entrypoint.
		merged.Entrypoint, merged.Cmd = own.Entrypoint, nil
	}
	if own.Cmd != nil {
		merged.Cmd = own.Cmd
	}
	merged.User = cmp.Or(own.User, base.User)
	merged.WorkingDir = cmp.Or(own.WorkingDir, base.WorkingDir)
	merged.Env = environment(base.Env, own.Env)
	merged.Labels = union(base.Labels, own.Labels)
	merged.ExposedPorts = union(base.ExposedPorts, own.ExposedPorts)
	return merged
}

// environment lets a later KEY=value take the place of an earlier one, so that each key is there once.
func environment(base, own []string) []string {
	merged := slices.Clone(base)
	for _, entry := range own {
		key, _, _ := strings.Cut(entry, "=")
		same := func(other string) bool { return strings.HasPrefix(other, key+"=") }
		if i := slices.IndexFunc(merged, same); i >= 0 {
			merged[i] = entry
		} else {
			merged = append(merged, entry)
		}
	}
	return merged
}

// union is nil when there is nothing, as in an image that says nothing.
func union[V any](below, above map[string]V) map[string]V {
	if len(below) == 0 {
		return above
	}
	all := maps.Clone(below)
	maps.Copy(all, above)
	return all
}
