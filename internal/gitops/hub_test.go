package gitops_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/checkout"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/githubapi"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/message"
	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/github"
)

const (
	repositoryName = "octo-org/shop"
	path           = "deploy/kustomization.yaml"
	revision       = "4f2a9c1d7be3605f8a21c94d0e57b6138fca2d90"
)

// world is a repository on the stand-in, whose file says "app=v1".
type world struct {
	cloud      *cloudtest.Cloud
	hub        *github.Hub
	repository *github.Repository
}

func newWorld(t *testing.T) world {
	t.Helper()
	cloud := cloudtest.Start(t)
	hub := github.Start(t, cloud)
	return world{cloud, hub, hub.Repository(repositoryName,
		map[string]string{path: "app=v1\nreplicas=2\n", "README.md": "Shop\n"})}
}

// options set the image to a tag, in a run of that ID, with a token that may do everything.
func (w world) options(t *testing.T, run int64, tag string) gitops.Options {
	may := github.Token{Repository: repositoryName, Contents: true, PullRequests: true}
	return gitops.Options{
		Server: githubapi.Server{
			API: "https://api.github.com", GraphQL: "https://api.github.com/graphql",
			Token: w.hub.Issue(may), Transport: w.cloud.Client().Transport,
		},
		Place: checkout.Place{Repository: repositoryName, Branch: "main", Path: path},
		Edit:  set(tag),
		Set: func(path string, content []byte, references map[string]string) ([]byte, error) {
			edited, _, err := set(references["app"])(path, content)
			return edited, err
		},
		Seen:    map[string][]string{"app": {"v1"}},
		Images:  []string{"app"},
		Message: "Deploy {tag} to {kustomization}",
		Branch:  "multiarch-deploy/{kustomization}",
		Fields:  message.Fields{Tag: tag, Revision: revision, Kustomization: "deploy", Branch: "main"},
		Mark:    message.Mark{Run: run, Revision: revision},
		Details: "\nThe details.\n",
		Say:     t.Logf,
	}
}

// set replaces the line app=OLD by app=tag.
func set(tag string) func(string, []byte) ([]byte, []message.Change, error) {
	return func(_ string, content []byte) ([]byte, []message.Change, error) {
		line, rest, found := bytes.Cut(content, []byte("\n"))
		old, known := strings.CutPrefix(string(line), "app=")
		switch {
		case !found || !known:
			return nil, nil, errors.New("there is no app in it")
		case old == tag:
			return content, nil, nil
		}
		return fmt.Appendf(nil, "app=%s\n%s", tag, rest), []message.Change{{Name: "app", Before: old, After: tag}}, nil
	}
}
