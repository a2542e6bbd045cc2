package googleapi

import (
	"net/http"
	"strings"
)

// CommonAdvice says what to do about a refusal that any API of Google may answer with, or "".
func CommonAdvice(r *Refusal) string {
	switch {
	case r.Reason == "SERVICE_DISABLED":
		return "The API is not enabled in the project. Enable it; that takes some minutes to work:\n" +
			Command("gcloud services enable "+r.Metadata["service"],
				"--project="+strings.TrimPrefix(r.Metadata["consumer"], "projects/"))
	case r.Status >= http.StatusInternalServerError:
		return "Google has a problem of its own; try again later, and see https://status.cloud.google.com"
	}
	return ""
}

// Command is a shell command for an advice, one flag per line.
func Command(parts ...string) string { return "    " + strings.Join(parts, " \\\n      ") }
