package kustomize

import (
	"context"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/origin"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/renderer"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/renderer/explain"
)

// Options says how to render. The zero value renders the files as they are and fetches nothing.
type Options struct {
	// Content takes the place of the kustomization file's content, so that an edit can be rendered before it is written.
	// Nil means the file's own content.
	Content []byte
	// Beside are files in the folder of the kustomization, by name, that are read in place of those on the disk.
	Beside map[string][]byte
	// Images are the images that Content sets. Render reports those that no manifest uses.
	Images []types.Image
	// RemoteFetch lets kustomize fetch resources, bases, components and other files over https, and git repositories over
	// https and ssh. By default such an address is an error, and nothing is fetched.
	RemoteFetch bool
	// Arrived is called with each object as soon as it is rendered, while others are yet to come. Where a later one
	// can't be rendered there is no result all the same. Nil is for nobody.
	Arrived func(*unstructured.Unstructured)
}

// Result is what a kustomization renders to.
type Result struct {
	// Objects are in kustomize's order.
	Objects []Object
	// Findings are about the images that no manifest uses (finding.ImageUnmatched), and what kustomize itself remarks
	// (finding.KustomizeNotice).
	Findings []finding.Finding
}

// Object is one rendered object, where it was written, and what a patch calls it.
type Object = renderer.Object

// Source is where an object was written.
type Source = origin.Source

// Target is what a patch in the kustomization calls an object.
type Target = origin.Target

// CrashError means that the process that renders crashed.
type CrashError = renderer.CrashError

// Render renders the kustomization in dir, or the file that dir names, with kustomize's own library, in a process of
// its own: files in or below each kustomization's folder only, built-in plugins only, no charts, no functions. A
// kustomization without objects is an error; errors name the file, the cause and the next step.
func Render(ctx context.Context, dir string, opts Options) (*Result, error) {
	path, err := Find(dir)
	if err != nil {
		return nil, err
	}
	content := opts.Content
	if content == nil {
		if content, err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("reading the kustomization: %w", err)
		}
	}
	response, err := renderer.Run(ctx, renderer.Request{Path: path, Content: content, Beside: opts.Beside,
		Images: opts.Images, RemoteFetch: opts.RemoteFetch,
		Arrived: opts.Arrived})
	if err != nil {
		return nil, err
	}
	findings := append(imageFindings(path, opts.Images, response.Images), noticeFindings(response.Notices)...)
	return &Result{Objects: response.Objects, Findings: findings}, nil
}

func noticeFindings(notices []explain.Notice) []finding.Finding {
	var findings []finding.Finding
	for _, n := range notices {
		findings = append(findings, finding.Finding{Code: finding.KustomizeNotice, Severity: finding.Warning, Message: n.Text,
			Fix: n.Fix, File: n.File, Line: n.Line})
	}
	return findings
}
