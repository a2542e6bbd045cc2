// Package kustomize finds a kustomization, renders it, and reports where each object was written.
//
// The render is kustomize's own, kept to the local files and to built-in plugins. Package edit sets the images.
package kustomize
