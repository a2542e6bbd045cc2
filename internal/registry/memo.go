package registry

import "sync"

// memo remembers what was fetched, and lets those who ask for the same thing at the same time wait for one another.
// What failed is forgotten.
type memo[K comparable, V any] struct {
	mu    sync.Mutex
	calls map[K]func() (V, error)
}

func (m *memo[K, V]) do(key K, fetch func() (V, error)) (V, error) {
	value, err := m.call(key, fetch)()
	if err != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.calls, key)
	}
	return value, err
}

func (m *memo[K, V]) call(key K, fetch func() (V, error)) func() (V, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.calls == nil {
		m.calls = map[K]func() (V, error){}
	}
	if m.calls[key] == nil {
		m.calls[key] = sync.OnceValues(fetch)
	}
	return m.calls[key]
}
