package ci_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

func TestTerraform_is_formatted(t *testing.T) {
	for _, folder := range modules(t) {
		for _, file := range parse(t, folder) {
			if !bytes.Equal(file.Bytes, hclwrite.Format(file.Bytes)) {
				t.Errorf("%s: write it as `terraform fmt` does", file.Body.MissingItemRange().Filename)
			}
		}
	}
}

func TestTerraform_refers_to_what_there_is(t *testing.T) {
	for _, folder := range modules(t) {
		files := parse(t, folder)
		declared := declarations(files)
		for _, file := range files {
			for _, reference := range references(file.Body.(*hclsyntax.Body)) {
				if name, ours := target(reference); ours && !declared[name] {
					t.Errorf("%s: %s is declared nowhere", reference.SourceRange(), name)
				}
			}
		}
	}
}

// What is released after today's check is nothing that anyone has checked.
func TestTerraform_pins_providers(t *testing.T) {
	version := regexp.MustCompile(`(?m)^ +version += "(.*)"$`)
	exact := regexp.MustCompile(`^\d+\.\d+\.\d+$`)
	for _, folder := range modules(t) {
		content, err := os.ReadFile(filepath.Join(folder, "versions.tf"))
		if err != nil {
			t.Fatal(err)
		}
		found := version.FindAllSubmatch(content, -1)
		if len(found) == 0 {
			t.Errorf("%s: versions.tf names no version of a provider", folder)
		}
		for _, v := range found {
			if !exact.Match(v[1]) {
				t.Errorf("%s: a provider of version %q may be another tomorrow; write X.Y.Z", folder, v[1])
			}
		}
	}
}

// modules are the folders of the demos' Terraform.
func modules(t *testing.T) []string {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(root, "testdata", "demo", "*", "terraform"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no Terraform: %v", err)
	}
	return folders
}

func parse(t *testing.T, folder string) []*hcl.File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.tf"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: no Terraform: %v", folder, err)
	}
	var files []*hcl.File
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, problems := hclsyntax.ParseConfig(content, path, hcl.InitialPos)
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		files = append(files, file)
	}
	return files
}
