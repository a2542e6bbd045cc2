package googleapi

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
)

// Refusal is what a service of Google Cloud answered in place of what it was asked for.
type Refusal struct {
	// Doing is what was being done, Service the host that refused it.
	Doing, Service string
	// Status is the HTTP status.
	Status int
	// Reason is the code for programs: an OAuth error, or the reason of a google.rpc.ErrorInfo.
	// https://docs.cloud.google.com/apis/design/errors#error_info
	Reason string
	// Message is what the service says to people.
	Message string
	// Metadata belongs to Reason: which permission, which API, which project.
	Metadata map[string]string
	// Advice is what to do, with the command to run.
	Advice string
	// Claims are those of the job's ID token.
	Claims federation.Claims
}

// Error says what was refused, as whom, and what to do. It never contains a token.
func (r *Refusal) Error() string {
	text := fmt.Sprintf("%s: %s answered %d %s: %s", r.Doing, r.Service, r.Status,
		cmp.Or(r.Reason, http.StatusText(r.Status)), cmp.Or(r.Message, "no reason given"))
	if r.Advice != "" {
		text += "\n" + r.Advice
	}
	if r.Claims != (federation.Claims{}) {
		text += "\nThe job's ID token says:\n" + r.Claims.String()
	}
	return text
}

// newRefusal reads the error body that Google's APIs share, of a download, too, where the library does not. Some
// services send no google.rpc.ErrorInfo in it. https://docs.cloud.google.com/apis/design/errors#http_mapping
func newRefusal(status int, content string) *Refusal {
	var body struct {
		Error struct {
			Message string
			Details []struct {
				Reason   string
				Metadata map[string]string
			}
		}
	}
	_ = json.Unmarshal([]byte(content), &body) // a detail of another kind may not fit; the others are read all the same
	r := &Refusal{Status: status, Message: strings.TrimSpace(body.Error.Message)}
	for _, detail := range body.Error.Details {
		if r.Reason == "" {
			r.Reason, r.Metadata = detail.Reason, detail.Metadata
		}
	}
	return r
}

// Refused reports whether err is a refusal with the HTTP status.
func Refused(err error, status int) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Status == status
}

// MayBeDelay reports whether a refusal may only mean that a pool, a condition or a role was set up a moment ago. Google
// says to allow for minutes (https://docs.cloud.google.com/iam/docs/access-change-propagation).
func MayBeDelay(err error) bool {
	var r *Refusal
	if !errors.As(err, &r) {
		return false
	}
	switch r.Reason {
	case "invalid_target", "unauthorized_client", "SERVICE_DISABLED":
		return true
	}
	return r.Status == http.StatusForbidden || r.Status >= http.StatusInternalServerError
}

// MayPass reports whether the same request may succeed in a moment: nothing answered, or the service was in trouble or
// had too much to do. https://docs.cloud.google.com/storage/docs/retry-strategy#retryable
func MayPass(err error) bool {
	var r *Refusal
	if !errors.As(err, &r) {
		return true
	}
	return r.Status == http.StatusRequestTimeout || r.Status == http.StatusTooManyRequests ||
		r.Status >= http.StatusInternalServerError
}
