package launch

import (
	"slices"
	"strings"
)

// Image is what an image's config says about its start.
type Image struct {
	Entrypoint, Cmd []string
	Env             []string // KEY=value
	Dir             string
}

// Override is what a pod says about a container's start. The zero Override keeps what the image says.
type Override struct {
	// Command replaces the image's entrypoint and its arguments, Args its arguments; nil keeps them, where Command is nil
	// too. $(NAME) in them is a variable of Env.
	// https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
	Command, Args []string
	// Env are the variables that the pod sets to plain values, KEY=value, in its order.
	Env []string
	// Unknown are the names of variables whose values are elsewhere: in a ConfigMap, a Secret or a field.
	Unknown []string
	// Opaque: the pod takes all of a ConfigMap or a Secret for its environment, so that any name may be set there.
	Opaque bool
	// Dir is the working directory; "" keeps the image's.
	Dir string
}

// Over is what is started of an image.
func (o Override) Over(image Image) Command {
	cmd := Command{Env: slices.Concat(image.Env, o.environment()), Dir: image.Dir}
	if o.Dir != "" {
		cmd.Dir = o.Dir
	}
	switch {
	case o.Command != nil:
		cmd.Args = slices.Concat(o.expand(o.Command), o.expand(o.Args))
	case o.Args != nil:
		cmd.Args = slices.Concat(image.Entrypoint, o.expand(o.Args))
	default:
		cmd.Args = slices.Concat(image.Entrypoint, image.Cmd)
	}
	return cmd
}

// environment is what the pod adds. A later variable may refer to an earlier one.
func (o Override) environment() (env []string) {
	known := Override{Unknown: o.Unknown, Opaque: o.Opaque}
	for _, kv := range o.Env {
		key, value, _ := strings.Cut(kv, "=")
		known.Env = append(known.Env, key+"="+known.variables(value))
	}
	for _, name := range o.Unknown {
		known.Env = append(known.Env, name+"="+unknown)
	}
	return known.Env
}

func (o Override) expand(words []string) (expanded []string) {
	withValues := o
	withValues.Env = o.environment()
	for _, word := range words {
		expanded = append(expanded, withValues.variables(word))
	}
	return expanded
}

// variables replaces $(NAME) as the kubelet does: a name that is not set stays as it is, $$ is a $.
// https://github.com/kubernetes/kubernetes/blob/v1.34.0/third_party/forked/golang/expansion/expand.go
func (o Override) variables(text string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "$")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		text = after
		switch {
		case strings.HasPrefix(text, "$"):
			out.WriteByte('$')
			text = text[1:]
		case strings.HasPrefix(text, "("):
			name, rest, closed := strings.Cut(text[1:], ")")
			if !closed {
				out.WriteByte('$')
				continue
			}
			out.WriteString(o.value(name))
			text = rest
		default:
			out.WriteByte('$')
		}
	}
}

func (o Override) value(name string) string {
	for _, kv := range slices.Backward(o.Env) {
		if key, value, _ := strings.Cut(kv, "="); key == name {
			return value
		}
	}
	if o.Opaque || slices.Contains(o.Unknown, name) {
		return unknown
	}
	return "$(" + name + ")"
}
