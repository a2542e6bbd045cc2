// Package yamltext changes fields and entries of a kustomization in its text, byte for byte otherwise.
//
// The parser gives where a node begins. From there the package finds where its text ends, whichever way it is written,
// collects what is to be replaced, and makes all replacements at once. What a field means is for the caller to know.
package yamltext
