package cloudbuild

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tonistiigi/fsutil"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// source is what a build reads.
type source struct {
	// object contains the files; nil where the build fetches its context by itself.
	object *object
	// context and file are the context and the Dockerfile as the build finds them.
	context, file string
}

// bundle is what several images have in common: a context, less what is ignored, and the Dockerfiles used with it.
type bundle struct {
	context, ignore string
	files           []string
	created         time.Time
	object          object
}

// send uploads each distinct context once, and returns the sources of all images. Those that were uploaded come with an
// error too.
func (b *Builder) send(ctx context.Context, store *storage, specs []build.Spec) ([]source, error) {
	sources := make([]source, len(specs))
	var bundles []*bundle
	for i, spec := range specs {
		if err := spec.CheckFiles(); err != nil {
			return nil, err
		}
		d := spec.Dockerfile
		if d.IsRemote() {
			sources[i] = source{context: d.Context, file: d.Name()}
			continue
		}
		var of *bundle
		bundles, of = bundled(bundles, spec)
		sources[i] = source{object: &of.object, context: "context", file: fmt.Sprintf("dockerfile%d/%s",
			slices.Index(of.files, d.Path()), d.Name())}
	}
	for _, of := range bundles {
		if err := b.upload(ctx, store, of); err != nil {
			return sources, err
		}
	}
	return sources, nil
}

// bundled finds the bundle that fits an image, or adds one.
func bundled(bundles []*bundle, spec build.Spec) ([]*bundle, *bundle) {
	folder, ignore, file := spec.Dockerfile.ContextFolder(), ignoreFile(spec.Dockerfile), spec.Dockerfile.Path()
	i := slices.IndexFunc(bundles, func(of *bundle) bool { return of.context == folder && of.ignore == ignore })
	if i < 0 {
		i = len(bundles)
		bundles = append(bundles, &bundle{context: folder, ignore: ignore, created: spec.Created})
	}
	if of := bundles[i]; !slices.Contains(of.files, file) {
		of.files = append(of.files, file)
	}
	return bundles, bundles[i]
}

// ignoreFile says what of the context is left out: the Dockerfile's own .dockerignore, or that of the context, or "".
// https://docs.docker.com/build/concepts/context/#filename-and-location
func ignoreFile(d build.Dockerfile) string {
	for _, file := range []string{d.Path() + ".dockerignore", filepath.Join(d.ContextFolder(), ".dockerignore")} {
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	return ""
}

func (b *Builder) upload(ctx context.Context, store *storage, of *bundle) error {
	var written *counter
	name := "multiarch-deploy/" + rand.Text() + ".tgz" // Cloud Build knows archives by their suffix
	uploaded, err := store.upload(ctx, name, func() io.ReadCloser {
		read, write := io.Pipe()
		n := new(counter)
		written = n
		go func() { write.CloseWithError(of.write(ctx, io.MultiWriter(write, n))) }()
		return read
	})
	if err != nil {
		return fmt.Errorf("sending the context %q: %w", of.context, err)
	}
	of.object = uploaded
	b.Progress(progress.Message{Text: fmt.Sprintf("Sent the context %q to gs://%s/%s: %s", of.context, store.bucket, name,
		progress.Size(int64(*written)))})
	return nil
}

// counter counts bytes.
type counter int64

// Write implements io.Writer.
func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// write writes the archive: the context, and a folder for each Dockerfile, with the .dockerignore of its own, which
// would otherwise give way to that of the context.
func (of *bundle) write(ctx context.Context, w io.Writer) error {
	patterns, err := ignored(of.ignore)
	if err != nil {
		return err
	}
	archive := newArchive(w, of.created)
	if err := addFolder(ctx, archive, "context", of.context, &fsutil.FilterOpt{ExcludePatterns: patterns}); err != nil {
		return err
	}
	for i, file := range of.files {
		name := filepath.Base(file)
		only := &fsutil.FilterOpt{FollowPaths: []string{name, name + ".dockerignore"}}
		if err := addFolder(ctx, archive, fmt.Sprintf("dockerfile%d", i), filepath.Dir(file), only); err != nil {
			return err
		}
	}
	return archive.close()
}

func addFolder(ctx context.Context, a *archive, below, folder string, filter *fsutil.FilterOpt) error {
	files, err := fsutil.NewFS(folder)
	if err != nil {
		return fmt.Errorf("reading folder %q: %w", folder, err)
	}
	if files, err = fsutil.NewFilterFS(files, filter); err != nil {
		return fmt.Errorf("reading folder %q: %w", folder, err)
	}
	return a.add(ctx, below, files)
}

// removeTimeout bounds what is done after the end, or the interruption, of a run.
const removeTimeout = 20 * time.Second

// remove deletes what was uploaded. What stays behind does no harm; the bucket may have a rule that deletes it.
func (b *Builder) remove(ctx context.Context, store *storage, sources []source) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeTimeout)
	defer cancel()
	var removed []string
	for _, s := range sources {
		if s.object == nil || s.object.name == "" || slices.Contains(removed, s.object.name) {
			continue
		}
		removed = append(removed, s.object.name)
		if err := store.delete(ctx, *s.object); err != nil {
			b.Progress(progress.Message{Text: err.Error()})
		}
	}
}
