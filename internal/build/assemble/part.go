package assemble

import (
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// part is the image for one platform, or what is wrong with that which it would be made of.
type part struct {
	image  v1.Image
	faults []finding.Finding
}

// part makes the image for a platform.
func (p *plan) part(ctx context.Context, platform v1.Platform) (part, error) {
	below, faults, err := p.below(ctx, platform)
	if err != nil {
		return part{}, err
	}
	files, more := p.files(platform)
	if faults = append(faults, more...); len(faults) > 0 {
		return part{faults: faults}, nil
	}
	if below != nil {
		if files, err = follow(ctx, files, below); err != nil {
			return part{}, fmt.Errorf("reading base image %q for %s: %w", p.base.reference, platform, p.explain(ctx, err))
		}
	}
	if err := check(sorted(files)); err != nil {
		return part{faults: []finding.Finding{p.unusable(platform, err)}}, nil
	}
	image, err := p.assemble(platform, below, files)
	return part{image: image}, err
}

func (p *plan) assemble(platform v1.Platform, below v1.Image, files []File) (v1.Image, error) {
	annotations := p.Annotations.Manifest
	if below != nil {
		digest, err := below.Digest()
		if err != nil {
			return nil, err
		}
		annotations = union(annotations, p.base.annotations(digest))
	}
	return Image(Spec{
		Platform: platform,
		Base:     below,
		Files:    files,
		Config: v1.Config{
			Entrypoint: p.Assembly.Entrypoint,
			Env:        p.Assembly.Env,
			WorkingDir: p.Assembly.WorkingDir,
			User:       p.Assembly.User,
			Labels:     p.Labels,
		},
		Annotations: annotations,
		Created:     p.Created,
	})
}

// below is the base for a platform.
func (p *plan) below(ctx context.Context, platform v1.Platform) (v1.Image, []finding.Finding, error) {
	if p.base == nil {
		return nil, nil, nil
	}
	image, err := p.base.find(platform)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("reading base image %q for %s: %w", p.base.reference, platform, p.explain(ctx, err))
	case image == nil:
		return nil, []finding.Finding{p.baseLacks(platform)}, nil
	}
	config, err := image.ConfigFile()
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("reading the config of base image %q for %s: %w", p.base.reference, platform,
			p.explain(ctx, err))
	case config.OS != platform.OS || config.Architecture != platform.Architecture:
		return nil, []finding.Finding{p.baseLies(platform, config.OS+"/"+config.Architecture)}, nil
	}
	return image, nil, nil
}

// files are those of all artifacts, for a platform.
func (p *plan) files(platform v1.Platform) ([]File, []finding.Finding) {
	var files []File
	var faults []finding.Finding
	for _, a := range p.Assembly.Artifacts {
		read, err := readArtifact(a, platform)
		if err != nil {
			faults = append(faults, p.unreadable(platform, read.source, err))
		} else if foreign := read.foreign(platform); len(foreign) > 0 {
			faults = append(faults, p.wrongCPU(platform, read, foreign))
		}
		files = append(files, read.files...)
	}
	return files, faults
}
