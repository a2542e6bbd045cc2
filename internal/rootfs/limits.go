package rootfs

import "fmt"

// Limits bound what a hostile layer can make a reader do. What goes beyond ends in a *LimitError.
type Limits struct {
	// Bytes is the most that is unpacked of one layer.
	Bytes int64
	// Ratio is how many times its packed size a layer may unpack to, once it has given RatioFrom bytes. Real layers
	// stay below 20; the most that gzip can do is 1032.
	Ratio, RatioFrom int64
	// Entries is how many files, links and directories one layer may hold.
	Entries int
}

// DefaultLimits lets through every layer that a node would be glad to unpack.
func DefaultLimits() Limits {
	return Limits{
		Bytes: 64 << 30, Ratio: 200, RatioFrom: 256 << 20, Entries: 1 << 20,
	}
}

// LimitError says which limit a layer went over.
type LimitError struct {
	What  string // what there was too much of
	Limit int64
}

func (e *LimitError) Error() string { return fmt.Sprintf("%s: at most %d are read", e.What, e.Limit) }
