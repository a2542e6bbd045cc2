package action_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// sharedCluster is the local cluster of this package's tests with the nodes of a preset, or of a file of the scenarios.
func sharedCluster(t *testing.T, nodes string) *cluster.Cluster {
	t.Helper()
	if file := filepath.Join(scenarios, "nodes", nodes+".yaml"); exists(file) {
		return cluster.Shared(t, cluster.Options{NodesFile: file})
	}
	return cluster.Shared(t, cluster.Options{Preset: nodes})
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// madeImage is an image of the sample app.
type madeImage struct {
	Platforms []string `json:"platforms"`
	// Single pushes the image of the only platform without an index around it.
	Single bool `json:"single"`
	// Lies puts the program for amd64 into the entry for arm64.
	Lies bool `json:"lies"`
	// Tag defaults to v1.
	Tag string `json:"tag"`
}

// sample is the sample app, compiled once.
var sample = sync.OnceValues(func() (map[string]v1.Image, error) {
	platforms := []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}}
	images, err := sampleapp.Build(context.Background(), sampleapp.AKS(filepath.Join("..", "..")), platforms...)
	if err != nil {
		return nil, err
	}
	return map[string]v1.Image{"linux/amd64": images[0], "linux/arm64": images[1]}, nil
})

func pushImages(t *testing.T, registry, folder string, images map[string]madeImage) {
	t.Helper()
	for repository, made := range images {
		if made.Tag == "" {
			made.Tag = "v1"
		}
		ref, err := name.NewTag(fmt.Sprintf("%s/%s/%s:%s", registry, folder, repository, made.Tag))
		if err != nil {
			t.Fatal(err)
		}
		if err := pushImage(t.Context(), ref, made); err != nil {
			t.Fatal(err)
		}
	}
}

func pushImage(ctx context.Context, ref name.Reference, made madeImage) error {
	built, err := sample()
	if err != nil {
		return err
	}
	return pushBuilt(ctx, ref, made, built)
}

// pushBuilt pushes images of a program as they are wanted. built has them by platform.
func pushBuilt(ctx context.Context, ref name.Reference, made madeImage, built map[string]v1.Image) (err error) {
	var images []v1.Image
	for _, platform := range made.Platforms {
		images = append(images, built[platform])
	}
	if made.Lies {
		if images, err = lying(built["linux/amd64"]); err != nil {
			return err
		}
	}
	if made.Single {
		return sampleapp.PushSingle(ctx, ref, images[0])
	}
	return sampleapp.PushIndex(ctx, ref, images)
}

// lying are the images of an index whose entry for arm64 holds what is built for amd64.
func lying(image v1.Image) ([]v1.Image, error) {
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.Architecture = "arm64"
	other, err := mutate.ConfigFile(image, config)
	return []v1.Image{image, other}, err
}
