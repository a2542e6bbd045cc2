// Package images reads the input images: what each is called, where it is, and how it is built, assembled or joined by
// its own keys and by the inputs of the same names.
package images

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/catalogue"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/reader"
)

// Request is which images there are to be, and what becomes of them.
type Request struct {
	*reader.Reader
	// Required: at least one image must be given.
	Required bool
	// References are images given as arguments. Each has its reference as its name.
	References []string
	// Source is what is deployed. Its revision is the tag for images that name none.
	Source build.Source
	Way
}

// Way is how images come to be.
type Way struct {
	// Build: they are built and pushed. Join: they are joined from what was pushed; Build is true then.
	Build, Join bool
	PushAs      catalogue.PushAs
	Endpoints   []build.Endpoint
	CloudBuild  *build.CloudBuild
}

// Assembles reports whether images are put together from ready artifacts.
func (w Way) Assembles() bool {
	return w.Build && !w.Join && len(w.Endpoints) == 0 && w.CloudBuild == nil
}

// Image is one line of the images input.
type Image struct {
	// Name is the image as the manifests call it.
	Name string
	// Reference is the commit's image: repository and tag. For an argument it may be a digest too.
	Reference name.Reference
	// Platforms are those the image must have.
	Platforms []v1.Platform
	// Build is how it is built, with mode build.
	Build build.Spec
}

// Read returns the images of the images input and those given as arguments.
func (a Request) Read() []Image {
	platforms := a.Platforms("platforms", a.Text("platforms"))
	images := append(a.lines(), a.references(platforms)...)
	if a.Required && len(images) == 0 && len(a.Problems) == 0 && a.PushAs != catalogue.PushIndex {
		a.Problem("images: none has %s among its platforms; drop this job, or correct the platforms of the images",
			a.Text("platforms"))
	}
	if a.Required && len(images) == 0 && len(a.Problems) == 0 {
		a.Problem("images: none given; write one per line, such as registry/app=ghcr.io/me/app")
	}
	return images
}

// lines parses the images input: one image per line, NAME=REPOSITORY followed by key=value pairs.
// Empty lines and lines that start with # are passed over.
func (a Request) lines() []Image {
	var images []Image
	seen := map[string]bool{}
	for number, line := range strings.Split(a.Value("images"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		image, ok := a.image(fmt.Sprintf("images, line %d", number+1), line)
		if !ok {
			continue
		}
		if seen[image.Name] {
			a.Problem("images, line %d: %q is named twice", number+1, image.Name)
		}
		seen[image.Name] = true
		a.rival(number+1, image, images)
		a.shared(number+1, image, images)
		images = append(images, image)
	}
	return images
}

// rival reports two images that are built differently and pushed under one tag: the slower of the two would stay.
func (a Request) rival(line int, image Image, others []Image) {
	for _, other := range others {
		ours, theirs := image.Build, other.Build
		ours.Name, theirs.Name = "", ""
		if other.Reference == image.Reference && !reflect.DeepEqual(ours, theirs) {
			a.Problem("images, line %d: %q and %q are both pushed as %s, and are not built the same way; give one of them "+
				"another repository or tag",
				line, other.Name, image.Name, image.Reference)
		}
	}
}

func (a Request) image(where, line string) (Image, bool) {
	fields := strings.Fields(line)
	imageName, repository, ok := strings.Cut(fields[0], "=")
	switch {
	case ok && imageName+repository != "" && (imageName == "" || repository == ""):
		a.Problem("%s: %q has nothing on one side of the equals sign; is a variable in it not set?", where, fields[0])
		return Image{}, false
	case !ok || imageName == "":
		a.Problem("%s: %q is not NAME=REPOSITORY", where, fields[0])
		return Image{}, false
	}
	ok = a.repository(where, repository)
	v := a.parseKeys(where, fields[1:])
	if !ok {
		return Image{}, false
	}
	tag := cmp.Or(v.text("tag"), a.Source.Revision)
	if tag == "" {
		a.Problem("%s: no tag is known for %s: run inside a git checkout, set GITHUB_SHA, or give tag", where, imageName)
		return Image{}, false
	}
	reference, ok := a.reference(where, repository, tag)
	if !ok {
		return Image{}, false
	}
	image := Image{Name: imageName, Reference: reference, Platforms: a.Platforms(v.at("platforms"), v.text("platforms"))}
	if a.PushAs != catalogue.PushIndex {
		if image, ok = v.forRunner(image); !ok {
			return Image{}, false
		}
	}
	v.fit(a.Way)
	if a.CloudBuild != nil {
		v.fitCloud(image)
	}
	if a.Build {
		image.Build = v.spec(image, a.Source, a.Way)
		image = v.pushed(image, a.PushAs)
	}
	return image, true
}

func (a Request) repository(where, repository string) bool {
	err := reader.CheckRepository(repository)
	if err != nil {
		a.Problem("%s: %q is not a repository such as ghcr.io/me/app: %v", where, repository, err)
	}
	return err == nil
}

func (a Request) reference(where, repository, tag string) (name.Reference, bool) {
	ref, err := name.NewTag(repository + ":" + tag)
	if err != nil {
		a.Problem("%s: %q is not a tag: letters, digits, dots, dashes and underscores, at most 128", where, tag)
		return nil, false
	}
	return ref, true
}

// references parses the images given as arguments, such as ghcr.io/me/app:v1 or ghcr.io/me/app@sha256:….
func (a Request) references(platforms []v1.Platform) []Image {
	var images []Image
	for _, text := range a.References {
		ref, err := reader.ParseReference(text)
		if err != nil {
			a.Problem("%q is not an image reference such as ghcr.io/me/app:v1: %v", text, err)
			continue
		}
		images = append(images, Image{Name: text, Reference: ref, Platforms: platforms})
	}
	return images
}

// Repository is the image's repository as it was given: "me/app" stays that, and does not become
// "index.docker.io/me/app".
func (i Image) Repository() string {
	return strings.TrimSuffix(i.Reference.String(), ":"+i.Reference.Identifier())
}
