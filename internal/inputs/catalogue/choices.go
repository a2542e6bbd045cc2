package catalogue

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

// PlanFor is for which nodes a plan has to hold.
type PlanFor string

const (
	// PlanForNodes is for those that are there, can be, or are expected.
	PlanForNodes PlanFor = "nodes"
	// PlanForPlatforms is also for nodes of all platforms that images must have.
	PlanForPlatforms PlanFor = "platforms"
)

// CommitMode says how the images are recorded in the repository.
type CommitMode string

// The modes.
const (
	CommitNone          CommitMode = "none"
	CommitToBranch      CommitMode = "commit"
	CommitByPullRequest CommitMode = "pull-request"
)

// PushAs says what a build is pushed as.
type PushAs string

// PushIndex pushes an index under the image's tag, PushPlatform one under a tag of the platform's own, and PushDigest
// under no tag.
const (
	PushIndex    PushAs = "index"
	PushPlatform PushAs = "platform"
	PushDigest   PushAs = "digest"
)

// The builders that are no BuildKits.
const (
	// AssembleBuilder needs none.
	AssembleBuilder = "assemble"
	// CloudBuilder is the one that Google runs.
	CloudBuilder = "cloudbuild"
)
