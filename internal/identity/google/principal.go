package google

import (
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
)

// Member is how an IAM policy names this account. It is known once the account has signed in.
func (a *Account) Member() string { return a.member(a.claim().Subject) }

// claim are the claims of the ID token that was exchanged last; the zero value comes before the first.
func (a *Account) claim() federation.Claims {
	if claims := a.claims.Load(); claims != nil {
		return *claims
	}
	return federation.Claims{}
}

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
