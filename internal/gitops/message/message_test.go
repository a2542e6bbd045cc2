package message

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBranch_is_one_that_git_takes(t *testing.T) {
	for _, test := range []struct {
		name, kustomization, want string
		template                  Template
	}{
		{"folder", "deploy/production", "multiarch-deploy/deploy-production", "multiarch-deploy/{kustomization}"},
		{"spaces_and_signs", "my apps/~shop: new?", "d/my-apps--shop-new-", "d/{kustomization}"},
		{"dots", "../shop..new/.hidden", "d/--shop-new-.hidden", "d/{kustomization}"},
		{"lock", "shop.lock", "d/shop", "d/{kustomization}"},
		{"slashes", "shop", "d/shop", "/d//{kustomization}/"},
		{"other_placeholders", "shop", "deploy/v1.2-4f2a-to-release/2", "deploy/{tag}-{revision}-to-{branch}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			fields := Fields{Tag: "v1.2", Revision: "4f2a", Kustomization: test.kustomization, Branch: "release/2"}
			if diff := cmp.Diff(test.want, test.template.ExpandBranch(fields)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMessage(t *testing.T) {
	wanted := Mark{Run: 7, Revision: "4f2a"}
	got := New("chore: {tag} [skip ci]\n\nOf {revision}.\n", Fields{Tag: "v2", Revision: "4f2a"},
		[]Change{{"app", "v1", "v2"}, {"web", "", "w2"}}, wanted)
	want := Message{"chore: v2 [skip ci]", "Of 4f2a.\n\napp: v1 -> v2\nweb: w2\n\nMultiarch-Deploy: run=7 revision=4f2a"}
	if got != want {
		t.Errorf("got %+v", got)
	}
	mark, ok := ParseMark(got.Headline + "\n\n" + got.Body)
	if !ok || mark != wanted {
		t.Errorf("the mark is %+v, %v", mark, ok)
	}
}

// GitHub refuses a text that is too long; the details give way, the mark stays.
func TestBody_stays_within_the_limit(t *testing.T) {
	details := strings.Repeat("x", 70_000)
	want := "| image | before | after |\n| --- | --- | --- |\n| `app` |  | `v2` |\n\nMultiarch-Deploy: run=7 " +
		"revision=4f2a\n"
	if diff := cmp.Diff(want, Body([]Change{{"app", "", "v2"}}, details, Mark{Run: 7, Revision: "4f2a"})); diff != "" {
		t.Error(diff)
	}
}
