package inputs

// Mode says where images come from.
type Mode string

// The modes: images were built and are verified, or they are built, or joined from what native runners pushed.
const (
	ModeVerify Mode = "verify"
	ModeBuild  Mode = "build"
	ModeJoin   Mode = "join"
)

// FailurePolicy says what becomes of the cluster when a deploy fails.
type FailurePolicy string

// Keep leaves it as it is then; Rollback makes it what it was before.
const (
	Keep     FailurePolicy = "keep"
	Rollback FailurePolicy = "rollback"
)

// CapacityPolicy says how bad it is that pods find no room.
type CapacityPolicy string

// CapacityWarn is a warning, CapacityFail an error.
const (
	CapacityWarn CapacityPolicy = "warn"
	CapacityFail CapacityPolicy = "fail"
)
