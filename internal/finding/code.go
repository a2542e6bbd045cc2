package finding

// Code identifies a kind of finding. Codes are part of the report's format and do not change.
type Code string

// The catalogue. Each code is what a user searches the README for.
const (
	// ExecFormatError: a container started a binary for another CPU and died of it.
	ExecFormatError Code = "exec-format-error"
	// PlatformMissing: the image lacks a platform that was asked for.
	PlatformMissing Code = "platform-missing"
	// PlatformMismatch: an image's config names another platform than the index entry that leads to it.
	PlatformMismatch Code = "platform-mismatch"
	// BinaryMismatch: the binary an image starts is for another CPU than the index says.
	BinaryMismatch Code = "binary-mismatch"
	// BinaryUnchecked: what an image starts, or a part of it, could not be found out; nothing is said about it.
	BinaryUnchecked Code = "binary-unchecked"
	// IdenticalLayers: two platforms of an index share every layer although it holds native binaries.
	IdenticalLayers Code = "identical-layers"
	// ChildDigest: a reference pins the manifest of one platform instead of the index.
	ChildDigest Code = "child-digest"
	// ImageNotFound: the registry has no such repository, tag or digest.
	ImageNotFound Code = "image-not-found"
	// ImageUnauthorized: the registry refuses to show the image to these credentials.
	ImageUnauthorized Code = "image-unauthorized"
	// ImageUnmatched: an image name given as input stands in no rendered manifest.
	ImageUnmatched Code = "image-unmatched"
	// NoMatchingNode: selectors and affinities leave no node for a workload.
	NoMatchingNode Code = "no-matching-node"
	// UntoleratedTaint: taints that a workload does not tolerate leave no node for it.
	UntoleratedTaint Code = "untolerated-taint"
	// InsufficientCapacity: the nodes that would fit have no room left.
	InsufficientCapacity Code = "insufficient-capacity"
	// CrashLoop: a container keeps exiting, for a reason other than the CPU.
	CrashLoop Code = "crash-loop"
	// ImagePull: a node cannot pull an image.
	ImagePull Code = "image-pull"
	// Unhealthy: a container runs but its probes fail.
	Unhealthy Code = "unhealthy"
	// Deadline: the wait ended before everything was ready.
	Deadline Code = "deadline"
	// ApplyConflict: another field manager owns a field that the manifests set.
	ApplyConflict Code = "apply-conflict"
	// ApplyRejected: the API server refuses an object.
	ApplyRejected Code = "apply-rejected"
)
