package inputs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/reader"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

// expectedNodes parses the input expect-nodes: a pool per line.
func (p parser) expectedNodes() []pool.Pool {
	var pools []pool.Pool
	for number, line := range strings.Split(p.Value("expect-nodes"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name := fmt.Sprintf("line %d", number+1)
		e := expectation{Reader: p.Reader, where: "expect-nodes, " + name, pool: pool.Pool{Source: pool.Expected, Name: name,
			OS: "linux", Labels: map[string]string{}, Allocatable: pool.Plenty(),
			// A new pool can be in any of the zones.
			Open: []string{corev1.LabelTopologyZone, corev1.LabelTopologyRegion, corev1.LabelFailureDomainBetaZone,
				corev1.LabelFailureDomainBetaRegion}}}
		e.read(strings.Fields(line))
		pools = append(pools, e.pool)
	}
	return pools
}

// expectation is a line of expect-nodes as far as it is read.
type expectation struct {
	*reader.Reader
	where string
	pool  pool.Pool
}

// expectKeys are what a line can say, in the order of the documentation.
var expectKeys = []string{"arch", "os", "taint", "label", "cpu", "memory", "max"}

func (e *expectation) read(fields []string) {
	given := map[string]bool{}
	for _, field := range fields {
		key, value, ok := strings.Cut(field, "=")
		switch {
		case !ok || value == "":
			e.Problem("%s: %q is not key=value", e.where, field)
			continue
		case !slices.Contains(expectKeys, key):
			e.Problem("%s: unknown key %q; known are %s", e.where, key, strings.Join(expectKeys, ", "))
			continue
		case given[key] && key != "taint" && key != "label":
			e.Problem("%s: %s is given twice", e.where, key)
			continue
		}
		given[key] = true
		e.set(key, value)
	}
	if !given["arch"] {
		e.Problem("%s: no architecture; write arch=arm64", e.where)
	}
}

func (e *expectation) set(key, value string) {
	switch key {
	case "arch":
		e.pool.Architecture = e.architecture(value)
	case "os":
		e.pool.OS = value
		if value != "linux" && value != "windows" {
			e.Problem("%s: os is %q; a node has linux or windows", e.where, value)
		}
	case "taint":
		e.taint(value)
	case "label":
		e.label(value)
	case "cpu":
		e.amount(corev1.ResourceCPU, key, value)
	case "memory":
		e.amount(corev1.ResourceMemory, key, value)
	case "max":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			e.Problem("%s: max is %q; write how many nodes there may be, such as max=10", e.where, value)
		}
		e.pool.Max = &n
	}
}

func (e *expectation) architecture(value string) string {
	platform, err := reader.ParsePlatform("linux/" + value)
	if err != nil || platform.Variant != "" {
		e.Problem("%s: arch is %q; write what nodes report, such as amd64 or arm64", e.where, value)
	}
	return platform.Architecture
}

// taint parses KEY[=VALUE]:EFFECT, as kubectl writes taints.
func (e *expectation) taint(text string) {
	left, effect, ok := strings.Cut(text, ":")
	key, value, _ := strings.Cut(left, "=")
	effects := []string{string(corev1.TaintEffectNoSchedule), string(corev1.TaintEffectPreferNoSchedule),
		string(corev1.TaintEffectNoExecute)}
	switch {
	case !ok || !slices.Contains(effects, effect):
		e.Problem("%s: taint %q is not KEY=VALUE:EFFECT, with one of the effects %s", e.where, text,
			strings.Join(effects, ", "))
	case e.named("taint", key, value):
		e.pool.Taints = append(e.pool.Taints, corev1.Taint{Key: key, Value: value, Effect: corev1.TaintEffect(effect)})
	}
}

func (e *expectation) label(text string) {
	key, value, ok := strings.Cut(text, "=")
	switch before, given := e.pool.Labels[key]; {
	case !ok:
		e.Problem("%s: label %q is not KEY=VALUE", e.where, text)
	case given && before != value:
		e.Problem("%s: label %s is %q and %q; a node has one value", e.where, key, before, value)
	case key == corev1.LabelArchStable || key == corev1.LabelOSStable:
		e.Problem("%s: label %s follows from arch and os; drop it", e.where, key)
	case e.named("label", key, value):
		e.pool.Labels[key] = value
	}
}

// named reports whether a key and a value are such as Kubernetes takes for labels and taints.
func (e *expectation) named(what, key, value string) bool {
	problems := validation.IsQualifiedName(key)
	for _, problem := range problems {
		e.Problem("%s: %s %q: the key %s", e.where, what, key, problem)
	}
	wrong := validation.IsValidLabelValue(value)
	for _, problem := range wrong {
		e.Problem("%s: %s %s: the value %q: %s", e.where, what, key, value, problem)
	}
	return len(problems)+len(wrong) == 0
}

func (e *expectation) amount(name corev1.ResourceName, key, value string) {
	quantity, err := resource.ParseQuantity(value)
	if err != nil || quantity.Sign() <= 0 {
		e.Problem("%s: %s is %q; write what pods can have of a node, such as cpu=3800m or memory=14Gi", e.where, key, value)
		return
	}
	e.pool.Allocatable[name] = quantity
}
