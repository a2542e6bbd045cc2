package renderer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRun_says_why_the_child_ended(t *testing.T) {
	for _, test := range []struct{ name, log, want string }{
		{"fatal", "d '/x' should be a subset of deLinked\nmore\n",
			"k: kustomize ended without a result: d '/x' should be a subset of deLinked; check with `kustomize build`"},
		{"killed", "", "k: kustomize ended without a result: signal: killed; check with `kustomize build`"},
		{"about_a_secret", "bad Secret s: hunter2\n", "k: kustomize ended without a result: signal: killed; check with " +
			"`kustomize build`"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, ended("k", test.log, errors.New("signal: killed")).Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReceive_needs_the_last_message(t *testing.T) {
	const object = `{"object":{"object":{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"}},"source":{"file":"f","line":1}}}` + "\n"
	if response, err := receive(strings.NewReader(object), nil); err == nil || response != nil {
		t.Errorf("without an end: %v, %v", response, err)
	}
	response, err := receive(strings.NewReader(object+`{"end":{}}`), nil)
	if err != nil || len(response.Objects) != 1 || response.Objects[0].GetName() != "a" {
		t.Errorf("with an end: %v, %v", response, err)
	}
}

func TestRun_ends_what_takes_too_long(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kustomization.yaml")
	content := []byte("configMapGenerator: [{name: a}]\n")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Run(t.Context(), Request{Path: path, Content: content, Timeout: time.Nanosecond})
	want := path + ": kustomize did not end within 1ns; split the kustomization, and deploy each part by itself"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A prefix of 20 KB made the search for an object's source take minutes.
func TestSources_search_no_name_that_no_cluster_takes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kustomization.yaml")
	prefix := strings.Repeat("abcdefghij", 100_000)
	content := []byte("configMapGenerator: [{name: a}]\nnamePrefix: " + prefix + "\nresources: [b.yaml]\n")
	for file, text := range map[string][]byte{path: content, filepath.Join(filepath.Dir(path), "b.yaml"): []byte(
		"apiVersion: v1\nkind: Service\nmetadata: {name: b1}\n")} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	response, err := Run(t.Context(), Request{Path: path, Content: content, Timeout: time.Minute})
	if err != nil || len(response.Objects) != 2 {
		t.Errorf("got %v, %v; want two objects", response, err)
	}
}
