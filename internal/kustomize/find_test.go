package kustomize

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFind(t *testing.T) {
	folder(t, map[string]string{"a/kustomization.yaml": "", "b/kustomization.yml": "", "c/Kustomization": "",
		"none/x.yaml":            "",
		"two/kustomization.yaml": "", "two/Kustomization": "", "dir/kustomization.yaml/x": "", "device/x.yaml": "",
		"out/x.yaml": "", "in/real/k.yaml": ""})
	if err := os.Symlink(os.DevNull, "device/kustomization.yaml"); err != nil { // as /dev/zero, which has no end
		t.Fatal(err)
	}
	for link, target := range map[string]string{"out/kustomization.yaml": "../a/kustomization.yaml",
		"in/kustomization.yaml": "real/k.yaml", "linked": "a"} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	const linksOut = "out/kustomization.yaml is a link out of its folder, which kustomize does not follow; name the " +
		"folder where it leads, or put a kustomization here that lists that folder under resources"
	for _, test := range []struct{ name, dir, want, err string }{
		{"a_link_out_of_its_folder", "out", "out/kustomization.yaml", linksOut},
		{"a_link_out_of_its_folder_itself", "out/kustomization.yaml", "out/kustomization.yaml", linksOut},
		{"a_link_that_stays_below", "in", "in/kustomization.yaml", ""},
		{"a_folder_that_is_a_link", "linked", "linked/kustomization.yaml", ""},
		{"yaml", "a", "a/kustomization.yaml", ""},
		{"yml", "b", "b/kustomization.yml", ""},
		{"without_extension", "c/", "c/Kustomization", ""},
		{"the_file_itself", "./b/kustomization.yml", "./b/kustomization.yml", ""},
		{"none", "none", "", "no kustomization in folder none: there is no kustomization.yaml, kustomization.yml or " +
			"Kustomization; " +
			"name the right folder in the input kustomization, or run `kustomize create --autodetect` there"},
		{"a_folder_of_that_name", "dir", "", "no kustomization in folder dir: there is no kustomization.yaml, " +
			"kustomization.yml or Kustomization; " +
			"name the right folder in the input kustomization, or run `kustomize create --autodetect` there"},
		{"a_device", "device", "", "no kustomization in folder device: there is no kustomization.yaml, kustomization.yml " +
			"or Kustomization; " +
			"name the right folder in the input kustomization, or run `kustomize create --autodetect` there"},
		{"a_device_itself", "device/kustomization.yaml", "", "device/kustomization.yaml is no regular file, but a device " +
			"or a pipe, so it is not read; " +
			"name a file, or its folder"},
		{"two", "two", "", "folder two has 2 kustomizations (kustomization.yaml, Kustomization): kustomize reads only one; " +
			"remove the others"},
		{"no_folder", "nowhere", "", "looking for the kustomization: stat nowhere: no such file or directory; name its " +
			"folder in the input kustomization"},
		{"another_file", "none/x.yaml", "", "none/x.yaml is not a kustomization: kustomize reads files named " +
			"kustomization.yaml, kustomization.yml or Kustomization only; " +
			"name the folder that has one"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Find(test.dir)
			text := ""
			if err != nil {
				text = err.Error()
			}
			if diff := cmp.Diff([]string{test.want, test.err}, []string{got, text}); diff != "" {
				t.Error(diff)
			}
		})
	}
}
