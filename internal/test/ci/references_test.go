package ci_test

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// declarations are the names that expressions may use: var.x, local.x, data.type.name, type.name.
// https://developer.hashicorp.com/terraform/language/expressions/references
func declarations(files []*hcl.File) map[string]bool {
	declared := map[string]bool{}
	for _, file := range files {
		for _, block := range file.Body.(*hclsyntax.Body).Blocks {
			switch name := strings.Join(block.Labels, "."); block.Type {
			case "variable":
				declared["var."+name] = true
			case "resource":
				declared[name] = true
			case "data":
				declared["data."+name] = true
			case "locals":
				for local := range block.Body.Attributes {
					declared["local."+local] = true
				}
			}
		}
	}
	return declared
}

// references are those of all expressions, those in blocks within blocks too. What a for expression names itself is
// none.
func references(body *hclsyntax.Body) []hcl.Traversal {
	var all []hcl.Traversal
	for _, attribute := range body.Attributes {
		all = append(all, attribute.Expr.Variables()...)
	}
	for _, block := range body.Blocks {
		// The names of required providers are no references.
		if block.Type != "terraform" {
			all = append(all, references(block.Body)...)
		}
	}
	return all
}

// target is the declared name that a reference begins with. Some are not declared in the module: each, self, a type.
func target(reference hcl.Traversal) (name string, ours bool) {
	first, parts := reference.RootName(), 2
	if first == "data" {
		parts = 3
	}
	if len(reference) < parts {
		return "", false
	}
	if first != "var" && first != "local" && first != "data" && !strings.Contains(first, "_") {
		return "", false
	}
	names := []string{first}
	for _, step := range reference[1:parts] {
		if attribute, ok := step.(hcl.TraverseAttr); ok {
			names = append(names, attribute.Name)
		}
	}
	return strings.Join(names, "."), true
}
