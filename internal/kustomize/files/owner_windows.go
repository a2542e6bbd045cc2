package files

import (
	"io/fs"
	"os"
)

// keepOwner does nothing: a new file takes its folder's access rights.
func keepOwner(*os.File, fs.FileInfo) error { return nil }
