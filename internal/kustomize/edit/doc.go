// Package edit sets the images of a kustomization file in place, and lists a file of patches in it, byte for byte
// otherwise.
//
// The file is parsed for positions only, and the text of the values that change is replaced, so that comments, order,
// indentation, quotes and line endings stay as their author left them. The result is parsed again, and refused where
// anything else would read differently.
package edit
