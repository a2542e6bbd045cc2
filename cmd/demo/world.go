package main

import (
	"context"
	"errors"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// tag stands for the commit whose images are deployed, short so that lines stay so.
const tag = "4f2a9c1"

var (
	amd64 = v1.Platform{OS: "linux", Architecture: "amd64"}
	arm64 = v1.Platform{OS: "linux", Architecture: "arm64"}
)

func app() sampleapp.App { return sampleapp.AKS(".") }

// start starts a cluster and a registry at an address of this machine, 127.0.0.1 for "", pushes the app's images, and
// writes to log what it does.
func start(ctx context.Context, log io.Writer, address string) (*localcluster.Cluster, error) {
	say(log, "Starting a local cluster: one amd64 node and one arm64 node, as on AKS (the first time this compiles "+
		"Kubernetes)")
	cluster, err := localcluster.Start(ctx, localcluster.Options{Preset: "aks", Address: address, Log: log})
	if err != nil {
		return nil, err
	}
	say(log, "Building the app for amd64 and arm64, pushing app-multi as an index and app-amd64 as the single manifest "+
		"it used to be")
	if err := push(ctx, cluster.Registry); err != nil {
		cluster.Stop()
		return nil, err
	}
	return cluster, nil
}

func push(ctx context.Context, registry string) error {
	images, err := sampleapp.Build(ctx, app(), amd64, arm64)
	if err != nil {
		return err
	}
	multi, err := name.NewTag(registry+"/app-multi:"+tag, name.Insecure)
	if err != nil {
		return err
	}
	single, err := name.NewTag(registry+"/app-amd64:"+tag, name.Insecure)
	if err != nil {
		return err
	}
	return errors.Join(sampleapp.PushIndex(ctx, multi, images), sampleapp.PushSingle(ctx, single, images[0]))
}
