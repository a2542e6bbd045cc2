package images

import (
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/catalogue"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/reader"
)

// sourcesKey is the key of an image's line that says where mode join finds the image for each platform.
const sourcesKey = "sources"

// defaultSource is where push-as: platform leaves an image.
const defaultSource = "{tag}-{os}-{arch}{variant}"

// expand fills in a platform, and the tag.
func expand(template, tag string, p v1.Platform) string {
	return strings.NewReplacer("{tag}", tag, "{os}", p.OS, "{arch}", p.Architecture, "{variant}",
		p.Variant).Replace(template)
}

// forRunner is the image as a job on a native runner builds it: for the one platform of the input platforms. ok is
// false for an image whose own platforms lack that one, so that all jobs of a matrix can have the same images.
func (v values) forRunner(image Image) (_ Image, ok bool) {
	runner := v.Platforms("platforms", v.Text("platforms"))
	if len(runner) != 1 {
		v.Problem("platforms: push-as is for a job that builds one platform, and %d are given; set platforms to the "+
			"runner's own, such as linux/arm64",
			len(runner))
		return Image{}, false
	}
	if v.own("platforms") && !slices.ContainsFunc(image.Platforms, runner[0].Equals) {
		return Image{}, false
	}
	image.Platforms = runner
	return image, true
}

// pushed is the image as push-as leaves it.
func (v values) pushed(image Image, as catalogue.PushAs) Image {
	if as == catalogue.PushDigest {
		image.Build.ByDigest = true
	}
	if as != catalogue.PushPlatform {
		return image
	}
	ref := image.Reference.Context().Tag(expand(defaultSource, image.Reference.Identifier(), image.Platforms[0]))
	if _, err := name.NewTag(ref.Name()); err != nil {
		v.Problem("%s: the tag %s is longer than the 128 characters that a tag may have; give a shorter "+
			"tag", v.where, ref.TagStr())
		return image
	}
	image.Reference, image.Build.Reference = ref, ref
	return image
}

// parts are where the image for each platform is.
func (v values) parts(image Image) []build.Part {
	templates := []string{image.Repository() + ":" + defaultSource}
	if v.own(sourcesKey) {
		templates = strings.Split(v.keys[sourcesKey], ",")
	}
	var parts []build.Part
	for _, p := range image.Platforms {
		part := build.Part{Platform: p}
		for _, template := range templates {
			if ref, ok := v.source(image, expand(template, image.Reference.Identifier(), p)); ok &&
				!slices.Contains(part.References, ref) {
				part.References = append(part.References, ref)
			}
		}
		parts = append(parts, part)
	}
	return parts
}

// source is a reference, or a digest in the image's own repository.
func (v values) source(image Image, text string) (name.Reference, bool) {
	if strings.HasPrefix(text, "sha256:") {
		text = image.Reference.Context().Name() + "@" + text
	}
	ref, err := reader.ParseReference(text)
	if err != nil {
		v.Problem("%s: %q is not an image reference, such as ghcr.io/me/app-{arch}:{tag}, nor a digest: "+
			"%v", v.at(sourcesKey), text, err)
		return nil, false
	}
	if ref.Context().RegistryStr() != image.Reference.Context().RegistryStr() {
		v.Problem("%s: %s is in another registry than %s; push it to the same one, since mode join moves no layers "+
			"between registries",
			v.at(sourcesKey), ref, image.Reference)
		return nil, false
	}
	return ref, true
}

// shared reports images that would be joined from parts of which one is the same.
func (a Request) shared(line int, image Image, others []Image) {
	for _, other := range others {
		if both := sharedSource(image.Build, other.Build); other.Reference != image.Reference && both != "" {
			a.Problem("images, line %d: %q takes %s, which %q takes too; give each image its own", line, image.Name, both,
				other.Name)
		}
	}
}

// sharedSource is where both images would find a platform, or "".
func sharedSource(a, b build.Spec) string {
	for _, part := range a.Parts {
		for _, other := range b.Parts {
			for _, ref := range part.References {
				same := func(r name.Reference) bool { return r.Name() == ref.Name() }
				if part.Platform.Equals(other.Platform) && slices.ContainsFunc(other.References, same) {
					return ref.String()
				}
			}
		}
	}
	return ""
}
