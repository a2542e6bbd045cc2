package kustomize

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decode also decodes the values, because only that finds duplicate keys and aliases without an anchor.
func decode(content []byte) (*yaml.Node, error) {
	if bytes.HasPrefix(content, []byte{0xff, 0xfe}) || bytes.HasPrefix(content, []byte{0xfe, 0xff}) {
		return nil, errors.New("the file is in UTF-16; save it as UTF-8")
	}
	var node yaml.Node
	var value any
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	if err := decoder.Decode(&node); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err := decoder.Decode(&value); !errors.Is(err, io.EOF) {
		return nil, errors.New("the file holds more than one YAML document, of which kustomize reads only the first; split it")
	}
	return &node, node.Decode(&value)
}

// yamlError puts the line that the YAML library found where editors look for it: "path:line: what".
func yamlError(path string, err error) error {
	match := yamlLine.FindStringSubmatch(err.Error())
	if match == nil {
		return fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	line, _ := strconv.Atoi(match[1]) // the pattern holds digits only
	return fmt.Errorf("%s:%d: broken YAML: %s; correct it, nothing was changed", path, line, match[2])
}

var yamlLine = regexp.MustCompile(`^yaml: (?:unmarshal errors:\n\s+)?line (\d+): (.*)`)
