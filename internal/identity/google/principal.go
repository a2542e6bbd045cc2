package google

import "strings"

// member is how an IAM policy names this account: the service account, or the job itself.
func (a *Account) member(subject string) string {
	if a.options.ServiceAccount != "" {
		return "serviceAccount:" + a.options.ServiceAccount
	}
	return a.provider.member(subject)
}

// accountProject is the project that a service account's address names: NAME@PROJECT.iam.gserviceaccount.com.
func accountProject(email string) string {
	_, host, _ := strings.Cut(email, "@")
	project, _, _ := strings.Cut(host, ".")
	return project
}
