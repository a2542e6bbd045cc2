package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// sampleEvery is short beside the runs that are measured, and a sample of three processes takes a tenth of a
// millisecond.
const sampleEvery = 10 * time.Millisecond

// watchMemory samples a process and its descendants until the returned function is called, which gives the most that
// was resident at once. The kernel's own figure for a child (ru_maxrss) begins with its parent's memory.
func watchMemory(pid int) (peak func() int64) {
	stop, most := make(chan struct{}), make(chan int64)
	go func() {
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		var highest int64
		for {
			highest = max(highest, resident(pid))
			select {
			case <-stop:
				most <- highest
				return
			case <-tick.C:
			}
		}
	}()
	return func() int64 { close(stop); return <-most }
}

// resident is the memory of a process and its descendants; pages of the program's file, which they share, count once.
func resident(pid int) (total int64) {
	own, mapped := ownMemory(pid)
	return own + mapped
}

// ownMemory returns the anonymous memory of a process and its descendants, and the most of a file that one has mapped.
func ownMemory(pid int) (own, mapped int64) {
	var size, rss, file int64
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, 0 // it has ended
	}
	if _, err := fmt.Sscan(string(statm), &size, &rss, &file); err != nil {
		return 0, 0
	}
	page := int64(os.Getpagesize())
	own, mapped = (rss-file)*page, file*page
	for _, child := range children(pid) {
		theirs, theirFile := ownMemory(child)
		own, mapped = own+theirs, max(mapped, theirFile)
	}
	return own, mapped
}

// children are those of each thread of a process: a Go program starts processes from any of its threads.
func children(pid int) (pids []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // the pattern is a good one
	for _, list := range lists {
		text, _ := os.ReadFile(list) // nothing where the thread has ended
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}
