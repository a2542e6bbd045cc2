package reader

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"
)

// CheckRepository compares a repository with the whole grammar that Docker and every registry use
// (https://pkg.go.dev/github.com/distribution/reference). go-containerregistry looks at the letters alone, so that
// "ghcr.io//app" would fail at the registry, after a build.
func CheckRepository(text string) error {
	host, path, _ := strings.Cut(text, "/")
	switch {
	case strings.Contains(text, "://"):
		return errors.New("it starts with a scheme; write the host alone")
	case strings.ContainsAny(text, "@ "):
		return errors.New("it contains a digest; name the repository alone")
	case strings.ContainsRune(lastPart(text), ':') && strings.Contains(text, "/"):
		return errors.New("it contains a tag, which belongs into the input tag")
	case strings.HasPrefix(text, "/") || strings.HasSuffix(text, "/") || strings.Contains(text, "//"):
		return errors.New("a part of it is empty; is a variable in it not set?")
	case text != lowerPath(text):
		return fmt.Errorf("it has capitals, which no registry takes; write it in lower case: %s", lowerPath(text))
	}
	if err := checkPort(host, path); err != nil {
		return err
	}
	if _, err := reference.ParseNormalizedNamed(text); err != nil {
		return errors.New("each part between slashes has letters and digits, and between these a dot, one or two " +
			"underscores, or dashes")
	}
	if named, err := name.NewRepository(text); err != nil || strings.Contains(named.RepositoryStr(), ":") {
		return errors.New("it contains a tag, which belongs into the input tag")
	}
	return nil
}

func lastPart(text string) string { return text[strings.LastIndexByte(text, '/')+1:] }

// lowerPath is a repository in lower case. A host may have capitals.
func lowerPath(text string) string {
	host, path, found := strings.Cut(text, "/")
	if !found || !strings.ContainsAny(host, ".:") {
		return strings.ToLower(text)
	}
	return host + "/" + strings.ToLower(path)
}

// checkPort looks at the port of a host. A first part without a path behind it, or without a colon, has none.
func checkPort(host, path string) error {
	_, port, found := strings.Cut(host, ":")
	if !found || path == "" || strings.HasPrefix(host, "[") {
		return nil
	}
	if number, err := strconv.Atoi(port); err != nil || number < 1 || number > 65535 {
		return fmt.Errorf("its port %q is not a number from 1 to 65535", port)
	}
	return nil
}

// ParseReference parses a whole reference, with a tag or a digest or neither, by the same grammar.
func ParseReference(text string) (name.Reference, error) {
	repository, _, _ := strings.Cut(text, "@")
	if i := strings.LastIndexByte(repository, ':'); i > strings.LastIndexByte(repository, '/') {
		repository = repository[:i]
	}
	if err := CheckRepository(repository); err != nil {
		return nil, err
	}
	if _, err := reference.ParseNormalizedNamed(text); err != nil {
		return nil, err
	}
	return name.ParseReference(text)
}
