// Package kustomize sets the images of a kustomization in place and renders it.
//
// The edit goes by bytes: the file is parsed for positions only, and the text of the values that change is
// replaced, so that comments, order, indentation, quotes and line endings stay as their author left them.
// The render is kustomize's own, kept to the local files and to built-in plugins.
package kustomize
