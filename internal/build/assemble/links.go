package assemble

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// linkedFolders are those that are symbolic links in the bases of today's distributions
// (https://systemd.io/THE_CASE_FOR_THE_USR_MERGE). A layer that contains /bin/app on such a base would turn /bin into a
// folder of its own, and hide all that was there. No other folder is looked up: to be sure that the base has no link
// of a name, all of its layers would have to be read.
var linkedFolders = []string{"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/usr/sbin", "/usr/lib64",
	"/var/run", "/var/lock"}

// follow moves files that would go below a link of the base to where the link leads.
func follow(ctx context.Context, files []File, below v1.Image) ([]File, error) {
	moved := make([]File, len(files))
	var fsys *rootfs.FS
	for i, f := range files {
		moved[i] = f
		folder := linkedFolder(f.Path)
		if folder == "" {
			continue
		}
		if fsys == nil {
			layers, err := below.Layers()
			if err != nil {
				return nil, err
			}
			fsys = rootfs.New(layers, rootfs.DefaultLimits())
			defer fsys.Close()
		}
		target, err := fsys.Stat(ctx, folder)
		if missing := (*rootfs.PathError)(nil); errors.As(err, &missing) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("looking up %s in the base image: %w", folder, err)
		}
		moved[i].Path = path.Join(target.Path, strings.TrimPrefix(f.Path, folder))
	}
	return moved, nil
}

func linkedFolder(name string) string {
	for _, folder := range linkedFolders {
		if strings.HasPrefix(name, folder+"/") {
			return folder
		}
	}
	return ""
}
