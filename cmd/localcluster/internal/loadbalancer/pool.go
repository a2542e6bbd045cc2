package loadbalancer

import (
	"errors"
	"net/netip"

	"k8s.io/client-go/tools/cache"
)

// pool hands out the addresses of TEST-NET-3, which RFC 5737 reserves for examples: they are nobody's.
type pool struct {
	byService map[cache.ObjectName]netip.Addr
	taken     map[netip.Addr]bool
}

func newPool() *pool {
	return &pool{byService: map[cache.ObjectName]netip.Addr{}, taken: map[netip.Addr]bool{}}
}

// take returns the Service's address, its old one if it has one.
func (p *pool) take(service cache.ObjectName) (netip.Addr, error) {
	if address, ok := p.byService[service]; ok {
		return address, nil
	}
	for last := byte(1); last < 255; last++ {
		address := netip.AddrFrom4([4]byte{203, 0, 113, last})
		if !p.taken[address] {
			p.byService[service], p.taken[address] = address, true
			return address, nil
		}
	}
	return netip.Addr{}, errors.New("all 254 addresses of 203.0.113.0/24 are taken; delete a Service of type LoadBalancer")
}

// release frees the Service's address; it returns false if it had none.
func (p *pool) release(service cache.ObjectName) bool {
	address, ok := p.byService[service]
	delete(p.byService, service)
	delete(p.taken, address)
	return ok
}
