package sandbox

import (
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// MaxMemory is how much memory a render may take: files of few bytes can become large objects. 10,000 Deployments take
// a tenth of it.
const MaxMemory = 2 << 30

// OutOfMemory is the exit status of a child that wants more.
const OutOfMemory = 75

// BoundMemory calls exceeded once when this process takes more memory than limit.
func BoundMemory(limit int64, exceeded func()) {
	debug.SetMemoryLimit(limit / 4 * 3) // so that it is not garbage that exceeds it
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	go func() {
		for {
			metrics.Read(samples)
			if samples[0].Value.Uint64()-samples[1].Value.Uint64() > uint64(limit) {
				exceeded()
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
}
