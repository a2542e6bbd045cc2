package rootfs

import "context"

// Native finds a file, in any layer and anywhere in it, that is a binary for some CPU. Where there is none, found is
// false and every layer was read to its end. Files that a higher layer hides count too.
func (f *FS) Native(ctx context.Context) (file File, found bool, err error) {
	for i := len(f.layers) - 1; i >= 0; i-- {
		name, e, err := f.layers[i].firstNative(ctx)
		if err != nil {
			return File{}, false, &LayerError{Layer: i, Layers: len(f.layers), Err: err}
		}
		if e != nil {
			return e.file(name, i), true, nil
		}
	}
	return File{}, false, nil
}

func (l *Layer) firstNative(ctx context.Context) (name string, e *entry, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, err = l.search(ctx, func() *entry { return l.entries[l.native] })
	return l.native, e, err
}
