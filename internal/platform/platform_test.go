package platform_test

import (
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

func TestOffer_RunsOn(t *testing.T) {
	for _, test := range []struct {
		name, offer, node string
		want              bool
	}{
		{"own_platform", "linux/amd64", "amd64", true},
		{"other_cpu", "linux/amd64", "arm64", false},
		{"other_system", "windows/amd64", "amd64", false},
		{"arm64_takes_its_variant", "linux/arm64/v8", "arm64", true},
		{"arm64_refuses_a_later_variant", "linux/arm64/v9", "arm64", false},
		{"arm64_takes_32_bit_arm", "linux/arm/v7", "arm64", true},
		{"amd64_takes_386", "linux/386", "amd64", true},
		{"attestations_are_for_nobody", "unknown/unknown", "amd64", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := offer(t, test.offer).RunsOn(test.node); got != test.want {
				t.Errorf("%s on %s: %t", test.offer, test.node, got)
			}
		})
	}
}

func TestOffer_String(t *testing.T) {
	for _, test := range []struct {
		name string
		in   platform.Offer
		want string
	}{
		{"none", platform.Offer{}, "no platform"},
		{"each_once", offer(t, "linux/amd64", "unknown/unknown", "linux/amd64", "linux/arm/v7", "linux/s390x"),
			"linux/amd64, linux/arm/v7 and linux/s390x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.in.String(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func offer(t *testing.T, texts ...string) platform.Offer {
	t.Helper()
	var o platform.Offer
	for _, text := range texts {
		p, err := v1.ParsePlatform(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Platforms = append(o.Platforms, *p)
	}
	return o
}
