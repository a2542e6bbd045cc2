// Package disk is the file system that kustomize renders from: the disk, with other content for some files and without
// the schemas of definitions, in bounds. It keeps what was read, for the lines in errors.
package disk
