package kustomize_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
)

// A corpus is a folder of kustomizations, each a folder of testdata/corpus with k/kustomization.yaml.
const corpus = "testdata/corpus"

var krustyLock sync.Mutex

// references are images to set in all of the corpus; one has a digest, one keeps its name, one is no host's.
var references = []types.Image{
	{Name: "registry/app", NewName: "ghcr.io/shop/app", NewTag: "v2"},
	{Name: "registry/migrate", NewName: "ghcr.io/shop/app", NewTag: "v2", Digest: "sha256:" + strings.Repeat("ab", 32)},
	{Name: "registry/proxy", NewName: "registry/proxy", NewTag: "v3"},
	{Name: "registry/side", NewName: "side", NewTag: "v4"},
}

// TestRender_is_kustomize_build compares objects and order with plain kustomize, for one pass with sentinels and for
// none, with all images, with each alone, and with chains of names.
func TestRender_is_kustomize_build(t *testing.T) {
	folders, err := filepath.Glob(corpus + "/*")
	if err != nil || len(folders) < 20 {
		t.Fatal("the corpus is missing", err)
	}
	chain := []types.Image{{Name: "registry/app", NewName: "registry/migrate", NewTag: "v2"},
		{Name: "registry/migrate", NewName: "x/y", NewTag: "v3"}}
	sets := [][]types.Image{nil, references, chain, {chain[1], chain[0]}}
	for _, image := range references {
		sets = append(sets, []types.Image{image})
	}
	for _, folder := range folders {
		for i, images := range sets {
			t.Run(fmt.Sprintf("%s/%d", filepath.Base(folder), i), func(t *testing.T) {
				t.Parallel()
				compare(t, filepath.Join(folder, "k"), images)
			})
		}
	}
}

func compare(t *testing.T, dir string, images []types.Image) {
	t.Helper()
	path, err := kustomize.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if images != nil {
		if content, _, err = edit.SetImages(path, content, images); err != nil {
			t.Fatal(err)
		}
	}
	want, wantErr := build(t, dir, path, content)
	result, gotErr := kustomize.Render(t.Context(), dir, kustomize.Options{Content: content, Images: images})
	if (wantErr == nil) != (gotErr == nil) {
		t.Fatalf("kustomize: %v, Render: %v", wantErr, gotErr)
	}
	if wantErr != nil {
		return
	}
	var got []string
	for _, o := range result.Objects {
		text, err := yaml.Marshal(o.Object)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(text))
		if o.Source.Line == 0 {
			t.Errorf("%s %s has no line", o.GetKind(), o.GetName())
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	checkUses(t, result, images, want)
}

// build is plain kustomize with the content in place of the file's.
func build(t *testing.T, dir, path string, content []byte) ([]string, error) {
	t.Helper()
	absolute, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	krustyLock.Lock() // it keeps the OpenAPI schema in a package variable
	defer krustyLock.Unlock()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(replaced{filesys.MakeFsOnDisk(), absolute,
		content}, dir)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, resource := range resources.Resources() {
		text, err := resource.AsYAML()
		if err != nil {
			return nil, err
		}
		var value any
		if err := yaml.Unmarshal(text, &value); err != nil {
			return nil, err
		}
		sorted, err := yaml.Marshal(value)
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(sorted))
	}
	return texts, nil
}

// checkUses compares what is said about the images with the objects: what is used and not overruled is in them.
func checkUses(t *testing.T, result *kustomize.Result, images []types.Image, objects []string) {
	t.Helper()
	unused := map[string]bool{}
	for _, f := range result.Findings {
		unused[f.Image] = true
	}
	all := strings.Join(objects, "\n")
	for _, image := range images {
		if rendered := strings.Contains(all, edit.Reference(image)); !rendered && !unused[image.Name] {
			t.Errorf("%s is in no object, and no finding says so", edit.Reference(image))
		}
	}
}

// replaced is the disk with other content for one file.
type replaced struct {
	filesys.FileSystem
	path    string
	content []byte
}

func (r replaced) ReadFile(path string) ([]byte, error) {
	if path == r.path {
		return r.content, nil
	}
	return r.FileSystem.ReadFile(path)
}
