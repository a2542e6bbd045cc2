package rootfs

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/layer"
)

func TestStat(t *testing.T) {
	for _, test := range []struct {
		name   string
		layers [][]tarEntry // the lowest first
		path   string
		want   File
		err    error
	}{
		{
			name:   "the_upper_layer_wins",
			layers: [][]tarEntry{{file("a", 0o644, "old")}, {file("a", 0o755, "new")}},
			path:   "/a",
			want:   File{Path: "/a", Layer: 1, Executable: true, Size: 3, Head: []byte("new")},
		},
		{
			name:   "a_whiteout_hides_a_file_below",
			layers: [][]tarEntry{{file("d/a", 0o644, "x")}, {file("d/.wh.a", 0, "")}},
			path:   "/d/a",
			err:    ErrNotFound,
		},
		{
			name:   "a_whiteout_hides_a_directory_below",
			layers: [][]tarEntry{{file("d/sub/a", 0o644, "x")}, {file("d/.wh.sub", 0, "")}},
			path:   "/d/sub/a",
			err:    ErrNotFound,
		},
		{
			name:   "a_whiteout_does_not_hide_its_own_layer",
			layers: [][]tarEntry{{file("d/a", 0o644, "x")}, {file("d/.wh.a", 0, ""), file("d/a", 0o644, "y")}},
			path:   "/d/a",
			want:   File{Path: "/d/a", Layer: 1, Size: 1, Head: []byte("y")},
		},
		{
			name:   "an_opaque_directory_hides_all_below",
			layers: [][]tarEntry{{file("d/a", 0o644, "x")}, {dir("d"), file("d/.wh..wh..opq", 0, ""), file("d/b", 0o644, "y")}},
			path:   "/d/a",
			err:    ErrNotFound,
		},
		{
			name:   "an_opaque_directory_keeps_its_own_files",
			layers: [][]tarEntry{{file("d/a", 0o644, "x")}, {file("d/.wh..wh..opq", 0, ""), file("d/b", 0o644, "y")}},
			path:   "/d/b",
			want:   File{Path: "/d/b", Layer: 1, Size: 1, Head: []byte("y")},
		},
		{
			name:   "a_file_in_place_of_a_directory_hides_it",
			layers: [][]tarEntry{{file("d/a", 0o644, "x")}, {file("d", 0o644, "y")}},
			path:   "/d/a",
			err:    ErrNotDirectory,
		},
		{
			name:   "symbolic_links_of_files_and_directories_are_followed_across_layers",
			layers: [][]tarEntry{{file("usr/bin/busybox", 0o755, "x"), link("bin", "usr/bin")}, {link("usr/bin/sh", "busybox")}},
			path:   "/bin/sh",
			want:   File{Path: "/usr/bin/busybox", Executable: true, Size: 1, Head: []byte("x")},
		},
		{
			name: "a_parent_of_a_linked_directory_is_the_targets",
			layers: [][]tarEntry{{file("opt/v1/bin/app", 0o755, "x"), file("opt/v1/data", 0o644, "d"), link("cur",
				"/opt/v1/bin")}},
			path: "/cur/../data",
			want: File{Path: "/opt/v1/data", Size: 1, Head: []byte("d")},
		},
		{
			name:   "parents_end_at_the_root",
			layers: [][]tarEntry{{link("a", "../../../b"), file("b", 0o644, "x")}},
			path:   "/a",
			want:   File{Path: "/b", Size: 1, Head: []byte("x")},
		},
		{
			name:   "links_in_a_circle_end",
			layers: [][]tarEntry{{link("a", "b"), link("b", "a")}},
			path:   "/a",
			err:    ErrLoop,
		},
		{
			name:   "a_link_to_nothing_is_nothing",
			layers: [][]tarEntry{{link("a", "gone")}},
			path:   "/a",
			err:    ErrNotFound,
		},
		{
			name:   "a_hard_link_is_the_file",
			layers: [][]tarEntry{{file("bin/busybox", 0o755, "x"), hard("bin/sh", "bin/busybox")}},
			path:   "/bin/sh",
			want:   File{Path: "/bin/sh", Executable: true, Size: 1, Head: []byte("x")},
		},
		{
			name:   "names_may_start_with_a_dot_or_a_slash",
			layers: [][]tarEntry{{file("./a/b", 0o644, "x"), file("/c", 0o644, "y")}},
			path:   "a/./b",
			want:   File{Path: "/a/b", Size: 1, Head: []byte("x")},
		},
		{
			name:   "a_directory_is_one_even_if_only_implied",
			layers: [][]tarEntry{{file("a/b", 0o644, "x")}},
			path:   "/a",
			want:   File{Path: "/a", Directory: true, Executable: true},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := fsOf(t, test.layers).Stat(t.Context(), test.path)
			if !errors.Is(err, test.err) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func fsOf(t *testing.T, layers [][]tarEntry) *FS {
	t.Helper()
	var built []v1.Layer
	for _, entries := range layers {
		built = append(built, layer.Of(t, entries...))
	}
	return New(built, DefaultLimits())
}
