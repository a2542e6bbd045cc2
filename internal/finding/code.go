package finding

// Code identifies a kind of finding. Codes are part of the report's format and do not change.
type Code string

// The codes, each of which Catalogue describes. Adding one takes a constant here and an entry there.
const (
	ExecFormatError      Code = "exec-format-error"
	PlatformMissing      Code = "platform-missing"
	PlatformMismatch     Code = "platform-mismatch"
	BinaryMismatch       Code = "binary-mismatch"
	BinaryUnchecked      Code = "binary-unchecked"
	IdenticalLayers      Code = "identical-layers"
	ChildDigest          Code = "child-digest"
	ImageNotFound        Code = "image-not-found"
	ImageUnauthorized    Code = "image-unauthorized"
	ImageUnmatched       Code = "image-unmatched"
	ImagePull            Code = "image-pull"
	KustomizeNotice      Code = "kustomize-notice"
	NoMatchingNode       Code = "no-matching-node"
	UntoleratedTaint     Code = "untolerated-taint"
	InsufficientCapacity Code = "insufficient-capacity"
	EmptyPool            Code = "empty-pool"
	PlanIncomplete       Code = "plan-incomplete"
	NotScheduled         Code = "not-scheduled"
	MissingReference     Code = "missing-reference"
	VolumeNotReady       Code = "volume-not-ready"
	PodNotStarted        Code = "pod-not-started"
	PodsRefused          Code = "pods-refused"
	CrashLoop            Code = "crash-loop"
	Unhealthy            Code = "unhealthy"
	HeldBack             Code = "held-back"
	NotJudged            Code = "not-judged"
	Deadline             Code = "deadline"
	ApplyConflict        Code = "apply-conflict"
	ApplyRejected        Code = "apply-rejected"
	AnnotationInvalid    Code = "annotation-invalid"
)
