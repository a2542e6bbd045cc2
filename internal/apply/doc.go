// Package apply brings objects to a cluster by server-side apply, in stages, and says what changed.
//
// The whole set goes through a server-side dry run first, so that a manifest that the API server refuses
// stops the run before anything is applied. Then the stages follow one another (see package stage), the objects of a
// stage side by side. Whatever can be undone is remembered in the change.Set: Rollback takes it back, Prune removes
// what an earlier run of the same deploy applied and this one no longer has.
//
// Its chapters: manifest fits a manifest for server-side apply, stage orders objects, server makes the requests,
// definitions waits until new kinds are served, ownership reads managed fields, foresee computes an apply that no dry
// run can show, diff compares two states, change is what became of an object, rollback takes that back, inventory
// remembers what a deploy has applied, prune deletes what it no longer has, explain says what is wrong with an object.
package apply
