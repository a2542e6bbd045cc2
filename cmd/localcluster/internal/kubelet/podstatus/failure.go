package podstatus

import "time"

// Why a container does not start, in the words of a container's status.
const (
	ReasonCrashLoop    = "CrashLoopBackOff"
	ReasonPull         = "ErrImagePull"
	ReasonPullBackOff  = "ImagePullBackOff"
	ReasonNeverPull    = "ErrImageNeverPull"
	ReasonInvalidImage = "InvalidImageName"
	ReasonConfig       = "CreateContainerConfigError"
	ReasonCreate       = "CreateContainerError"
	ReasonRun          = "RunContainerError"
	ReasonPostStart    = "PostStartHookError"
)

// Failure is why a container could not be started; it becomes the waiting state of the next report.
type Failure struct {
	Reason, Message string
	BackoffUntil    time.Time // zero: try again after the usual period
}
