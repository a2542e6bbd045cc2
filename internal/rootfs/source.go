package rootfs

import "io"

// Source opens a layer's blob, as a registry or a file has it: a tar archive, plain or compressed by gzip or zstd.
type Source func() (io.ReadCloser, error)
