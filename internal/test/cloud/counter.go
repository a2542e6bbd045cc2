package cloud

import (
	"maps"
	"sync"
)

// Counter counts by name. Its zero value is ready, and safe for concurrent use.
type Counter struct {
	mu     sync.Mutex
	counts map[string]int
}

// Add counts one more.
func (c *Counter) Add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[name]++
}

// Of is how often a name was counted.
func (c *Counter) Of(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts[name]
}

// All are the counts by name.
func (c *Counter) All() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.counts)
}
