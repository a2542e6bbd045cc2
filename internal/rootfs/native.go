package rootfs

// Native finds a file, in any layer and anywhere in it, that is a binary for some CPU. Where there is none, found is
// false and every layer was read to its end. Files that a higher layer hides count too.
func (f *FS) Native() (file File, found bool, err error) {
	for i := len(f.layers) - 1; i >= 0; i-- {
		name, e, err := f.layers[i].firstNative()
		if err != nil {
			return File{}, false, &LayerError{Layer: i, Layers: len(f.layers), Err: err}
		}
		if e != nil {
			return e.file(name, i), true, nil
		}
	}
	return File{}, false, nil
}

func (l *Layer) firstNative() (name string, e *entry, err error) {
	e, err = l.search(func() *entry { return l.entries[l.native] })
	return l.native, e, err
}
