package finding

// Diagnosis is what can be said about a pod or an object that is not ready. The zero value says that nothing is known
// to be wrong.
type Diagnosis struct {
	// Finding is the cause, or nil.
	Finding *Finding
	// Permanent means that waiting does not help: only a change to image, manifest or cluster does.
	Permanent bool
}
