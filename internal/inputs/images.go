package inputs

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// images are those of the images input and those given as arguments.
func (p *parser) images(needs Needs, config Config) []Image {
	platforms := p.platforms("platforms", p.text("platforms"))
	images := append(p.lines(needs, config), p.references(needs.References, platforms)...)
	if needs.Images && len(images) == 0 && len(p.problems) == 0 && config.PushAs != PushIndex {
		p.problem("images: none has %s among its platforms; drop this job, or correct the platforms of the images",
			p.text("platforms"))
	}
	if needs.Images && len(images) == 0 && len(p.problems) == 0 {
		p.problem("images: none given; write one per line, such as registry/app=ghcr.io/me/app")
	}
	return images
}

// lines parses the images input: one image per line, NAME=REPOSITORY followed by key=value pairs.
// Empty lines and lines that start with # are passed over.
func (p *parser) lines(needs Needs, config Config) []Image {
	var images []Image
	seen := map[string]bool{}
	for number, line := range strings.Split(p.value("images"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		image, ok := p.image(fmt.Sprintf("images, line %d", number+1), line, needs, config)
		if !ok {
			continue
		}
		if seen[image.Name] {
			p.problem("images, line %d: %q is named twice", number+1, image.Name)
		}
		seen[image.Name] = true
		p.rival(number+1, image, images)
		p.shared(number+1, image, images)
		images = append(images, image)
	}
	return images
}

// rival reports two images that are built differently and pushed under one tag: the slower of the two would stay.
func (p *parser) rival(line int, image Image, others []Image) {
	for _, other := range others {
		ours, theirs := image.Build, other.Build
		ours.Name, theirs.Name = "", ""
		if other.Reference == image.Reference && !reflect.DeepEqual(ours, theirs) {
			p.problem("images, line %d: %q and %q are both pushed as %s, and are not built the same way; give one of them "+
				"another repository or tag",
				line, other.Name, image.Name, image.Reference)
		}
	}
}

func (p *parser) image(where, line string, needs Needs, config Config) (Image, bool) {
	fields := strings.Fields(line)
	imageName, repository, ok := strings.Cut(fields[0], "=")
	switch {
	case ok && imageName+repository != "" && (imageName == "" || repository == ""):
		p.problem("%s: %q has nothing on one side of the equals sign; is a variable in it not set?", where, fields[0])
		return Image{}, false
	case !ok || imageName == "":
		p.problem("%s: %q is not NAME=REPOSITORY", where, fields[0])
		return Image{}, false
	}
	ok = p.repository(where, repository)
	v := p.parseKeys(where, fields[1:])
	if !ok {
		return Image{}, false
	}
	tag := cmp.Or(v.text("tag"), needs.Source.Revision)
	if tag == "" {
		p.problem("%s: no tag is known for %s: run inside a git checkout, set GITHUB_SHA, or give tag", where, imageName)
		return Image{}, false
	}
	reference, ok := p.reference(where, repository, tag)
	if !ok {
		return Image{}, false
	}
	image := Image{Name: imageName, Reference: reference, Platforms: p.platforms(v.at("platforms"), v.text("platforms"))}
	if config.PushAs != PushIndex {
		if image, ok = v.forRunner(image); !ok {
			return Image{}, false
		}
	}
	v.fit(config)
	if config.CloudBuild != nil {
		v.fitCloud(image)
	}
	if config.Build {
		image.Build = v.spec(image, needs.Source, config)
		image = v.pushed(image, config.PushAs)
	}
	return image, true
}

func (p *parser) repository(where, repository string) bool {
	err := checkRepository(repository)
	if err != nil {
		p.problem("%s: %q is not a repository such as ghcr.io/me/app: %v", where, repository, err)
	}
	return err == nil
}

func (p *parser) reference(where, repository, tag string) (name.Reference, bool) {
	ref, err := name.NewTag(repository + ":" + tag)
	if err != nil {
		p.problem("%s: %q is not a tag: letters, digits, dots, dashes and underscores, at most 128", where, tag)
		return nil, false
	}
	return ref, true
}

// references parses the images given as arguments, such as ghcr.io/me/app:v1 or ghcr.io/me/app@sha256:….
func (p *parser) references(references []string, platforms []v1.Platform) []Image {
	var images []Image
	for _, text := range references {
		ref, err := parseReference(text)
		if err != nil {
			p.problem("%q is not an image reference such as ghcr.io/me/app:v1: %v", text, err)
			continue
		}
		images = append(images, Image{Name: text, Reference: ref, Platforms: platforms})
	}
	return images
}

// registries parses hosts with their ports, separated by commas.
func (p *parser) registries(input string) []string {
	var hosts []string
	for _, item := range strings.FieldsFunc(p.text(input), separates) {
		if _, err := name.NewRegistry(item, name.StrictValidation); err != nil {
			p.problem("%s: %q is not a registry such as registry.lan:5000", input, item)
			continue
		}
		hosts = append(hosts, item)
	}
	return hosts
}

// separates reports what separates the items of a list: commas, as on a command line, or new lines, as in a workflow.
func separates(r rune) bool { return r == ',' || unicode.IsSpace(r) }

// Repository is the image's repository as it was given: "me/app" stays that, and does not become
// "index.docker.io/me/app".
func (i Image) Repository() string {
	return strings.TrimSuffix(i.Reference.String(), ":"+i.Reference.Identifier())
}
