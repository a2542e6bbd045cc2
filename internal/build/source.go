package build

import (
	"maps"
	"time"
)

// Source says where an image's content comes from. Fields that are not known stay empty.
type Source struct {
	// Repository is the address of the repository's web page.
	Repository string
	// Revision is the commit's SHA.
	Revision string
	// RefName is the branch or tag that was built.
	RefName string
	// Created is the time of the commit. Never the time of the build, which would change the digest from run to run.
	Created time.Time
}

// RevisionKey is the annotation, and the label, that names an image's commit.
const RevisionKey = "org.opencontainers.image.revision"

// Annotations are the OCI annotations that say it, which serve as labels too:
// https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys
func (s Source) Annotations() map[string]string {
	const prefix = "org.opencontainers.image."
	created := ""
	if !s.Created.IsZero() {
		created = s.Created.UTC().Format(time.RFC3339)
	}
	annotations := map[string]string{
		prefix + "source":  s.Repository,
		prefix + "url":     s.Repository,
		RevisionKey:        s.Revision,
		prefix + "version": s.RefName,
		prefix + "created": created,
	}
	maps.DeleteFunc(annotations, func(_, value string) bool { return value == "" })
	return annotations
}

// Describe fills the labels and annotations of an image from its source. What the user has set stays.
func (s Source) Describe(spec Spec) Spec {
	known := s.Annotations()
	spec.Created = s.Created
	spec.Labels = merged(known, spec.Labels)
	spec.Annotations.Index = merged(known, spec.Annotations.Index)
	spec.Annotations.Manifest = merged(known, spec.Annotations.Manifest)
	return spec
}

func merged(below, above map[string]string) map[string]string {
	all := maps.Clone(below)
	maps.Copy(all, above)
	return all
}
