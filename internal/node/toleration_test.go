package node_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
)

func TestTolerates(t *testing.T) {
	const hard, evicting = corev1.TaintEffectNoSchedule, corev1.TaintEffectNoExecute
	brief := corev1.Toleration{Key: "arch", Operator: corev1.TolerationOpExists, TolerationSeconds: new(int64(8))}
	always := corev1.Toleration{Key: "arch", Operator: corev1.TolerationOpExists}
	compare := func(operator corev1.TolerationOperator, value string) corev1.Toleration {
		return corev1.Toleration{Key: "arch", Operator: operator, Value: value}
	}
	tests := []struct {
		name          string
		tolerations   []corev1.Toleration
		taint         corev1.Taint
		admits, stays bool
	}{
		{"nothing", nil, parse("arch=arm64", hard), false, false},
		{"the_key", []corev1.Toleration{always}, parse("arch=arm64", hard), true, true},
		{"another_value", []corev1.Toleration{{Key: "arch", Value: "amd64"}}, parse("arch=arm64", hard), false, false},
		{"another_effect", []corev1.Toleration{{Key: "arch", Value: "arm64", Effect: hard}}, parse("arch=arm64", evicting),
			false, false},
		{"everything", []corev1.Toleration{{Operator: corev1.TolerationOpExists}}, parse("arch=arm64", evicting), true, true},
		{"greater", []corev1.Toleration{compare(corev1.TolerationOpGt, "3")}, parse("arch=5", hard), true, true},
		{"not_greater", []corev1.Toleration{compare(corev1.TolerationOpGt, "7")}, parse("arch=5", hard), false, false},
		{"less", []corev1.Toleration{compare(corev1.TolerationOpLt, "7")}, parse("arch=5", hard), true, true},
		{"for_8_seconds", []corev1.Toleration{brief}, parse("arch=arm64", evicting), true, false},
		{"the_first_match_sets_the_time", []corev1.Toleration{brief, always}, parse("arch=arm64", evicting), true, false},
		{"the_first_match_sets_no_time", []corev1.Toleration{always, brief}, parse("arch=arm64", evicting), true, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := node.Admits(test.tolerations, test.taint); got != test.admits {
				t.Errorf("admits: %t", got)
			}
			if got := len(node.Barring(test.tolerations, []corev1.Taint{test.taint})) == 0; got != test.admits {
				t.Errorf("nothing barring: %t", got)
			}
			if got := node.Tolerates(test.tolerations, test.taint); got != test.stays {
				t.Errorf("tolerates: %t", got)
			}
			if got := len(node.Untolerated(test.tolerations, []corev1.Taint{test.taint})) == 0; got != test.stays {
				t.Errorf("nothing untolerated: %t", got)
			}
		})
	}
}

func TestUnavailable(t *testing.T) {
	ready := func(status corev1.ConditionStatus) []corev1.NodeCondition {
		return []corev1.NodeCondition{{Type: corev1.NodeReady, Status: status}}
	}
	tests := []struct {
		name string
		node corev1.Node
		want string
	}{
		{"planned", corev1.Node{}, ""},
		{"ready", corev1.Node{Status: corev1.NodeStatus{Conditions: ready(corev1.ConditionTrue)}}, ""},
		{"not_ready", corev1.Node{Status: corev1.NodeStatus{Conditions: ready(corev1.ConditionFalse)}}, "not ready"},
		{"unreachable", corev1.Node{Status: corev1.NodeStatus{Conditions: ready(corev1.ConditionUnknown)}}, "not ready"},
		{"tainted_as_not_ready", tainted("node.kubernetes.io/not-ready"), "not ready"},
		{"cordoned", corev1.Node{Spec: corev1.NodeSpec{Unschedulable: true}}, "cordoned"},
		{"tainted_as_cordoned", tainted("node.kubernetes.io/unschedulable"), "cordoned"},
		{"going", tainted("karpenter.sh/disrupted"), "tainted karpenter.sh/disrupted:NoSchedule"},
		{"for_arm", tainted("kubernetes.io/arch=arm64"), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := node.Unavailable(&test.node); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func tainted(text string) corev1.Node {
	return corev1.Node{Spec: corev1.NodeSpec{Taints: []corev1.Taint{parse(text, corev1.TaintEffectNoSchedule)}}}
}

func parse(text string, effect corev1.TaintEffect) corev1.Taint {
	key, value, _ := strings.Cut(text, "=")
	return corev1.Taint{Key: key, Value: value, Effect: effect}
}
