//go:build unix

package files

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a file the owner of the one it will replace. As root in a container action it is written into a
// workspace of the runner's user, whose later steps edit it. Others than root can give nothing away, and keep their
// own.
func keepOwner(file *os.File, replaced fs.FileInfo) error {
	owner, ok := replaced.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	err := file.Chown(int(owner.Uid), int(owner.Gid))
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}
