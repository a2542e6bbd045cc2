package loadbalancer

import (
	"fmt"
	"testing"

	"k8s.io/client-go/tools/cache"
)

func TestPool(t *testing.T) {
	p := newPool()
	service := func(i int) cache.ObjectName { return cache.NewObjectName("shop", fmt.Sprintf("web-%d", i)) }
	seen := map[string]bool{}
	for i := range 254 {
		address, err := p.take(service(i))
		if err != nil {
			t.Fatal(err)
		}
		seen[address.String()] = true
	}
	if len(seen) != 254 || !seen["203.0.113.1"] || !seen["203.0.113.254"] {
		t.Errorf("%d different addresses were given to 254 Services", len(seen))
	}
	if address, err := p.take(service(7)); err != nil || address.String() != "203.0.113.8" {
		t.Errorf("a Service that has 203.0.113.8 was given %v, error %v", address, err)
	}
	if _, err := p.take(service(254)); err == nil {
		t.Error("a 255th Service got an address")
	}
	if !p.release(service(7)) || p.release(service(7)) {
		t.Error("release tells wrongly whether the Service had an address")
	}
	if address, err := p.take(service(254)); err != nil || address.String() != "203.0.113.8" {
		t.Errorf("the freed 203.0.113.8 was not given again, but %v, error %v", address, err)
	}
}
