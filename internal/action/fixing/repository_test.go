package fixing_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/fixing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/archpatches"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

const (
	place = "deploy/kustomization.yaml"
	file  = "deploy/" + archpatches.FileName
	plain = "# ours\nresources: [app.yaml]\n"
	patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app\n"
)

func fix(t *testing.T, documents ...string) *fixing.Fix {
	t.Helper()
	x := &fixing.Fix{}
	for _, document := range documents {
		p, err := archpatches.New(document, []string{"Its image is for amd64."})
		if err != nil {
			t.Fatal(err)
		}
		x.Patches = append(x.Patches, p)
	}
	return x
}

func TestFiles_of_a_branch(t *testing.T) {
	listed := plain + "patches:\n- path: arch-patches.yaml\n"
	written := archpatches.Format(fix(t, patch).Patches)
	windows := func(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }
	for _, test := range []struct {
		name   string
		fix    *fixing.Fix
		before map[string]string
		want   map[string]string
	}{
		{"the_first_patch", fix(t, patch), map[string]string{place: plain}, map[string]string{place: listed, file: written}},
		{"it_is_there", fix(t, patch), map[string]string{place: listed, file: written},
			map[string]string{place: listed, file: written}},
		{"no_patch_any_more", fix(t), map[string]string{place: listed, file: written},
			map[string]string{place: plain, file: ""}},
		{"of_windows", fix(t, patch), map[string]string{place: windows(plain)},
			map[string]string{place: windows(listed), file: windows(written)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			files, err := test.fix.Files(place, bytesOf(test.before))
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for path, content := range files {
				got[path] = string(content)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !fixing.OnlyPatches(place, bytesOf(test.before), files) {
				t.Error("the difference is not known as that of a fix")
			}
		})
	}
}

func bytesOf(files map[string]string) map[string][]byte {
	all := map[string][]byte{}
	for path, content := range files {
		all[path] = []byte(content)
	}
	return all
}

func TestFiles_leaves_alone_what_is_not_of_a_fix(t *testing.T) {
	_, err := fix(t, patch).Files(place, bytesOf(map[string]string{place: plain, file: patch}))
	if fault := (status.Fault{}); !errors.As(err, &fault) || !strings.Contains(err.Error(), file) {
		t.Errorf("%v, want a fault that names the file", err)
	}
}

func TestOnlyPatches_knows_other_changes(t *testing.T) {
	listed, written := plain+"patches:\n- path: arch-patches.yaml\n", archpatches.Format(fix(t, patch).Patches)
	for name, after := range map[string]map[string]string{
		"the_kustomization": {place: "namePrefix: x-\n" + listed, file: written},
		"another_file":      {place: listed, file: patch},
		"no_kustomization":  {place: "patches: {", file: written},
	} {
		t.Run(name, func(t *testing.T) {
			if fixing.OnlyPatches(place, bytesOf(map[string]string{place: plain}), bytesOf(after)) {
				t.Error("it is taken for a fix's")
			}
		})
	}
}

func TestList(t *testing.T) {
	got := fixing.List([]report.Patch{
		{Object: "Deployment app", Action: report.PatchAdded}, {Object: "Deployment b", Action: report.PatchUnchanged},
		{Object: "CronJob c", Action: report.PatchRemoved},
	})
	const want = "- added the patch of Deployment app\n- removed the patch of CronJob c"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
