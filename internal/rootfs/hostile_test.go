package rootfs

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// soon is far more than any of these takes, and far less than what they took before there were bounds.
const soon = 2 * time.Minute

// within fails a test that takes too long.
func within(t *testing.T, work func()) {
	t.Helper()
	began := time.Now()
	work()
	if took := time.Since(began); took > soon {
		t.Errorf("it took %s", took)
	}
}

func TestLayer_bounds_names_as_Linux_does(t *testing.T) {
	deep := strings.Repeat("a/", 500_000) + "app"
	tests := []struct {
		name  string
		entry tarEntry
		want  string
	}{
		{"a_path_of_half_a_million_components", file(deep, 0o755, ""), "bytes of a path in a layer: at most 4095 are read"},
		{"a_long_name", file(strings.Repeat("a", 256), 0o755, ""), "bytes of a name in a layer: at most 255 are read"},
		{"a_link_to_a_long_path", link("app", deep), "bytes of a path in a layer: at most 4095 are read"},
		{"a_hard_link_to_a_long_path", hard("app", deep), "bytes of a path in a layer: at most 4095 are read"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			within(t, func() {
				_, err := fsOf(t, [][]tarEntry{{test.entry}}).Stat(t.Context(), "/x")
				var limit *LimitError
				if !errors.As(err, &limit) || limit.Error() != test.want {
					t.Errorf("got error %v, want %q", err, test.want)
				}
			})
		})
	}
}

func TestStat_ends_where_a_path_leads_nowhere(t *testing.T) {
	links := func(target string) [][]tarEntry { return [][]tarEntry{{link("a", target), dir("d")}} }
	tests := []struct {
		name, path string
		layers     [][]tarEntry
		want       error
	}{
		{"a_link_onto_its_own_path", "/a", links("a" + strings.Repeat("/a", 2000)), ErrLoop},
		{"a_link_that_goes_down_and_up", "/a", links(strings.Repeat("d/../", 800) + "a"), ErrLoop},
		{"a_path_that_is_too_long", strings.Repeat("/d", 3000), links("d"), ErrNameTooLong},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			within(t, func() {
				if _, err := fsOf(t, test.layers).Stat(t.Context(), test.path); !errors.Is(err, test.want) {
					t.Errorf("got error %v, want %v", err, test.want)
				}
			})
		})
	}
}

// Directories that an archive leaves out take memory all the same.
func TestLayer_counts_the_directories_above_an_entry(t *testing.T) {
	limits := DefaultLimits()
	limits.Entries = 1000
	var entries []tarEntry
	for i := range 10 {
		entries = append(entries, file(fmt.Sprint(i)+strings.Repeat("/a", 500), 0o755, ""))
	}
	_, err := Of(NewLayer((&blob{content: tarOf(t, entries...)}).source(), NewBudget(limits))).Stat(t.Context(), "/x")
	var limit *LimitError
	if !errors.As(err, &limit) || limit.What != "entries of one layer" {
		t.Errorf("got error %v, want one about the entries", err)
	}
}

func TestBudget_is_for_all_layers_together(t *testing.T) {
	script := "#!/bin/sh\n" + strings.Repeat("# text\n", 9000)
	var content []tarEntry
	for i := range 10 {
		content = append(content, file(fmt.Sprintf("bin/%d", i), 0o755, script))
	}
	packed := tarOf(t, content...)
	tests := []struct {
		name   string
		limits func(*Limits)
		want   string
	}{
		{"kept", func(l *Limits) { l.Kept = 2 << 20 }, WhatKept + ": at most 2097152 are read"},
		{"unpacked", func(l *Limits) { l.Unpacked = 2 << 20 }, "bytes of all layers, unpacked: at most 2097152 are read"},
		{"work", func(l *Limits) { l.Work = 30 }, "steps for the layers of all images: at most 30 are read"},
		{"work_of_one_image", func(l *Limits) { l.ImageWork = 2 }, "steps for the layers of one image: at most 2 are read"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			limits := DefaultLimits()
			test.limits(&limits)
			budget := NewBudget(limits)
			var layers []*Layer
			for range 5 {
				layers = append(layers, NewLayer((&blob{content: packed}).source(), budget))
			}
			_, err := Of(layers...).Stat(t.Context(), "/x")
			var limit *LimitError
			if !errors.As(err, &limit) || limit.Error() != test.want {
				t.Fatalf("got error %v, want %q", err, test.want)
			}
			for _, l := range layers {
				if err := l.Forget(); err != nil {
					t.Fatal(err)
				}
			}
			if kept, scripts := budget.kept.Load(), budget.scripts.Load(); kept != 0 || scripts != 0 {
				t.Errorf("%d bytes and %d of scripts are still set aside after all is forgotten", kept, scripts)
			}
		})
	}
}

func TestBudget_leaves_scripts_out_first(t *testing.T) {
	limits := DefaultLimits()
	limits.Scripts = 100 << 10
	script := "#!/bin/sh\n" + strings.Repeat("# text\n", 9000)
	l := NewLayer((&blob{content: tarOf(t, file("1", 0o755, script), file("2", 0o755, script))}).source(),
		NewBudget(limits))
	for name, want := range map[string]int{"/1": len(script), "/2": HeadSize} {
		if got, err := Of(l).Stat(t.Context(), name); err != nil || len(got.Head) != want {
			t.Errorf("%s: %d bytes kept, %v; want %d", name, len(got.Head), err, want)
		}
	}
}

// endless is an archive that never comes to its end.
func endless(context.Context) (io.ReadCloser, error) {
	reader, writer := io.Pipe()
	go func() {
		archive := tar.NewWriter(writer)
		for i := 0; ; i++ {
			if archive.WriteHeader(&tar.Header{Name: fmt.Sprint(i % 100), Typeflag: tar.TypeReg}) != nil {
				return
			}
		}
	}()
	return reader, nil
}

func TestStat_ends_when_interrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, interrupt)
	limits := DefaultLimits()
	limits.Entries, limits.Work, limits.Kept = 1<<40, 0, 1<<50
	within(t, func() {
		if _, err := Of(NewLayer(endless, NewBudget(limits))).Stat(ctx, "/x"); !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want that of the context", err)
		}
	})
}

func FuzzStat(f *testing.F) {
	f.Add(tarOf(f, file("usr/bin/app", 0o755, elfHeader(arm8)), link("app", "usr/bin/app"), hard("same", "usr/bin/app")),
		"/app")
	f.Add(tarOf(f, dir("d"), file("d/.wh.x", 0, ""), file("d/.wh..wh..opq", 0, ""), link("a", "a/a")), "a/../d/x")
	f.Add(gzipOf(f, tarOf(f, file("entry.sh", 0o755, "#!/bin/sh\n"))), "entry.sh")
	limits := DefaultLimits()
	limits.Bytes, limits.Unpacked, limits.Kept, limits.Entries = 16<<20, 16<<20, 16<<20, 10_000
	f.Fuzz(func(t *testing.T, content []byte, name string) {
		budget := NewBudget(limits)
		lower := NewLayer((&blob{content: tarOf(t, file("usr/bin/app", 0o755, elfHeader(x86)))}).source(), budget)
		fsys := Of(lower, NewLayer((&blob{content: content}).source(), budget))
		defer fsys.Close()
		if file, err := fsys.Stat(t.Context(), name); err == nil && !strings.HasPrefix(file.Path, "/") {
			t.Errorf("%q leads to %q", name, file.Path)
		}
		_, _, _ = fsys.Native(t.Context()) // any outcome but a panic will do
	})
}

func FuzzELF(f *testing.F) {
	for _, head := range []string{elfHeader(arm8), elfHeader(x86)[:20], "MZ\x90\x00", "#!/bin/sh\n",
		"\xca\xfe\xba\xbe\x00\x00\x00\x02", ""} {
		f.Add([]byte(head))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		if architecture := Architecture(head); architecture != "" && !Known(architecture) {
			t.Errorf("%q is no architecture", architecture)
		}
		if Format(head) == "" {
			t.Error("no words for the format")
		}
	})
}
