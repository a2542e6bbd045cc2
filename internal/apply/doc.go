// Package apply brings objects to a cluster by server-side apply, in stages, and says what changed.
//
// The whole set goes through a server-side dry run first, so that a manifest that the API server refuses
// stops the run before anything is applied. Then the stages follow one another (see stage.go), the objects of a stage
// side by side. Whatever can be undone is remembered in the ChangeSet: Rollback takes it back, Prune removes
// what an earlier run of the same deploy applied and this one no longer has.
//
// Its chapters: server makes the requests, ownership reads managed fields, diff compares two states, inventory
// remembers what a deploy has applied, explain says what is wrong with an object,
// foresee computes an apply that no dry run can show.
package apply
