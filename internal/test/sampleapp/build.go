package sampleapp

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build/assemble"
)

// Build compiles the app for each platform, side by side, and makes an image of each binary, in
// the order of the platforms. Join them with assemble.Index, or push one as the single manifest
// that builds for one platform used to leave. The binary is at /app/NAME, where NAME is the
// last part of the module's path, and the same source gives the same digests.
func Build(ctx context.Context, app App, platforms ...v1.Platform) ([]v1.Image, error) {
	out, err := os.MkdirTemp("", "demo-app-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(out)
	if err := Compile(ctx, app, out, platforms...); err != nil {
		return nil, err
	}
	var images []v1.Image
	for _, platform := range platforms {
		image, err := imageOf(app, filepath.Join(out, folder(platform)), platform)
		if err != nil {
			return nil, err
		}
		images = append(images, image)
	}
	return images, nil
}

// Compile compiles the app for each platform, side by side. The binaries go to dir/{os}_{arch}{variant}/NAME, as jobs
// that cross-compile leave them.
func Compile(ctx context.Context, app App, dir string, platforms ...v1.Platform) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, platform := range platforms {
		group.Go(func() error {
			if err := compile(ctx, app.Source, filepath.Join(dir, folder(platform)), platform); err != nil {
				return fmt.Errorf("compiling %q for %s: %w", app.Source, platform, err)
			}
			return nil
		})
	}
	return group.Wait()
}

func folder(p v1.Platform) string { return p.OS + "_" + p.Architecture + p.Variant }

func imageOf(app App, dir string, platform v1.Platform) (v1.Image, error) {
	binary, err := readBinary(dir)
	if err != nil {
		return nil, err
	}
	spec := assemble.Spec{Platform: platform, Files: []assemble.File{binary}, Config: app.Config}
	spec.Config.Entrypoint = []string{binary.Path}
	return assemble.Image(spec)
}

// compile lets the go command name the binary, after the module, in the folder out.
func compile(ctx context.Context, source, out string, platform v1.Platform) error {
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w",
		"-o", out+string(filepath.Separator), ".")
	command.Dir = source
	command.Env = append(command.Environ(), target(platform)...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, output.Bytes())
	}
	return nil
}

// target leaves the caller's own Go settings no say in what is compiled.
func target(platform v1.Platform) []string {
	env := []string{"CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=", "GOOS=" + platform.OS, "GOARCH=" + platform.Architecture}
	if platform.Architecture == "arm" {
		env = append(env, "GOARM="+strings.TrimPrefix(platform.Variant, "v"))
	}
	return env
}

// readBinary takes the one file in dir into memory, since the folder goes before the image is pushed.
func readBinary(dir string) (assemble.File, error) {
	binaries, err := os.ReadDir(dir)
	if err != nil {
		return assemble.File{}, err
	}
	if len(binaries) != 1 {
		return assemble.File{}, fmt.Errorf("go build left %d files, want the one binary of a main package", len(binaries))
	}
	name := binaries[0].Name()
	content, err := os.ReadFile(filepath.Join(dir, name))
	return assemble.File{Path: "/app/" + name, Mode: 0o755, Content: content}, err
}
