package auditing

import (
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/newer"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

// surveyed are the references of all workloads, each once. What is none is noted as such.
func (a *Audit) surveyed() (refs []name.Reference) {
	seen := map[string]bool{}
	for _, u := range a.uses {
		for _, text := range u.images {
			if seen[text] {
				continue
			}
			seen[text] = true
			a.references = append(a.references, text)
			ref, err := image.ParseReference(text)
			if err != nil {
				a.known[text] = audit.Image{Reference: text, Problem: err.Error()}
				continue
			}
			refs = append(refs, ref)
		}
	}
	return refs
}

// surveyor is a client with the credentials of a round. It waits for registries that limit requests.
func (a *Audit) surveyor(logins *pullLogins, round int, status progress.Sink) *image.Client {
	opts := registry.DefaultOptions()
	opts.Keychain, opts.PlainHTTP = logins.keychain(round), a.Config.InsecureRegistries
	opts.Reads = transport.For(transport.RegistrySurvey)
	looks := image.DefaultOptions()
	looks.Progress, looks.Timeout = status, a.Config.WaitTimeout
	return image.NewClient(registry.New(opts), looks)
}

// note keeps what a registry said about an image.
func (a *Audit) note(ref name.Reference, result image.Surveyed) {
	known := audit.Image{Reference: ref.String(), Offer: result.Offer, Known: result.Err == nil,
		Own: audit.Owned(ref, a.Config.OwnImages) || a.isOwners(ref)}
	if result.Err != nil {
		known.Problem = result.Err.Error()
		if refused, ok := image.RefusalOf(result.Err); ok {
			known.Problem = refused.Message
			known.Gone = refused.Code != finding.ImageUnauthorized
		}
	}
	a.lock.Lock()
	defer a.lock.Unlock()
	a.known[known.Reference] = known
	if result.Err != nil {
		a.failed[known.Reference] = result.Err
	}
}

func newerOf(found newer.Result) audit.Newer {
	n := audit.Newer{Searched: true, Tag: found.Tag, Looked: found.Looked}
	switch {
	case found.Err != nil:
		n.Problem = found.Err.Error()
	case found.Unversioned:
		n.Problem = "its tag names no version"
	case found.More && found.Tag == "":
		n.Problem = "the repository has more tags than were listed"
	}
	return n
}

// isOwners reports whether an image is of the owner of the repository that the workflow runs for.
func (a *Audit) isOwners(ref name.Reference) bool {
	owner := strings.ToLower(a.Owner)
	return owner != "" && strings.HasPrefix(ref.Context().Name(), "ghcr.io/"+owner+"/")
}

// pullLogins are the credentials to try for each repository, one after the other.
type pullLogins struct {
	run authn.Keychain // of this run itself
	// secrets are those that workloads pull a repository with, by the repository.
	secrets map[string][]authn.Authenticator
}

// more reports whether there are credentials for another round.
func (l *pullLogins) more(ref name.Reference, round int) bool {
	return round+1 < len(l.of(ref.Context()))
}

// of are this run's own credentials, then those of pull secrets; nobody in particular where there are none of its own.
func (l *pullLogins) of(repository authn.Resource) []authn.Authenticator {
	var all []authn.Authenticator
	own, err := l.run.Resolve(repository)
	if err == nil && own != authn.Anonymous {
		all = append(all, own)
	}
	all = append(all, l.secrets[repository.String()]...)
	if err != nil || own == authn.Anonymous {
		all = append(all, authn.Anonymous)
	}
	return all
}

func (l *pullLogins) keychain(round int) authn.Keychain { return roundKeychain{l, round} }

// roundKeychain gives to each repository its credentials of a round.
type roundKeychain struct {
	logins *pullLogins
	round  int
}

// Resolve implements authn.Keychain.
func (k roundKeychain) Resolve(repository authn.Resource) (authn.Authenticator, error) {
	if _, err := k.logins.run.Resolve(repository); err != nil {
		return nil, err
	}
	all := k.logins.of(repository)
	return all[min(k.round, len(all)-1)], nil
}

// add notes a login for a repository, once.
func (l *pullLogins) add(repository string, login authn.Authenticator) {
	if !slices.Contains(l.secrets[repository], login) {
		l.secrets[repository] = append(l.secrets[repository], login)
	}
}
