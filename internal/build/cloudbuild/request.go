package cloudbuild

import (
	"fmt"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// request is a build to submit, and one that is looked at, as far as it is used here.
// https://docs.cloud.google.com/build/docs/api/reference/rest/v1/projects.builds
type request struct {
	Source         *sourceOf `json:"source,omitempty"`
	Steps          []step    `json:"steps"`
	Timeout        string    `json:"timeout"`
	LogsBucket     string    `json:"logsBucket"`
	ServiceAccount string    `json:"serviceAccount,omitempty"`
	Options        options   `json:"options"`
	Tags           []string  `json:"tags"`
}

type sourceOf struct {
	StorageSource storageSource `json:"storageSource"`
}

type storageSource struct {
	Bucket     string `json:"bucket"`
	Object     string `json:"object"`
	Generation string `json:"generation"`
}

// step is one container that runs, in the folder of the sources, with the worker's Docker engine at hand.
type step struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Entrypoint string   `json:"entrypoint"`
	Args       []string `json:"args"`
	Env        []string `json:"env,omitempty"`
}

type options struct {
	Logging            string `json:"logging"`
	LogStreamingOption string `json:"logStreamingOption"`
	MachineType        string `json:"machineType,omitempty"`
	Pool               *pool  `json:"pool,omitempty"`
}

type pool struct {
	Name string `json:"name"`
}

// request is the build of one image. The log goes to the same bucket as the source, since the bucket of Cloud Build's own
// shows its logs only to who may view the whole project, and a service account that is no default one must not use it.
// https://docs.cloud.google.com/build/docs/securing-builds/store-manage-build-logs
func (j *job) request() (request, error) {
	r := request{
		Steps:      steps(j.spec, j.source),
		Timeout:    fmt.Sprintf("%.0fs", j.Cloud.Timeout.Seconds()),
		LogsBucket: "gs://" + j.store.bucket + "/multiarch-deploy",
		Options:    options{Logging: "GCS_ONLY", LogStreamingOption: "STREAM_ON", MachineType: j.Cloud.MachineType},
		Tags:       []string{"multiarch-deploy"},
	}
	if o := j.source.object; o != nil {
		r.Source = &sourceOf{storageSource{Bucket: j.store.bucket, Object: o.Name, Generation: o.Generation}}
	}
	if j.Cloud.ServiceAccount != "" {
		r.ServiceAccount = "projects/" + j.accountProject() + "/serviceAccounts/" + j.Cloud.ServiceAccount
	}
	if j.Cloud.WorkerPool != "" {
		r.Options.Pool = &pool{j.Cloud.WorkerPool}
	}
	return r, limits(j.spec, r)
}

// accountProject is the project that the service account's address names, as NAME@PROJECT.iam.gserviceaccount.com does.
func (j *job) accountProject() string {
	_, host, _ := strings.Cut(j.Cloud.ServiceAccount, "@")
	if project, named := strings.CutSuffix(host, ".iam.gserviceaccount.com"); named {
		return project
	}
	return j.Cloud.Project
}

// Cloud Build's limits of a step: https://github.com/GoogleCloudPlatform/cloud-build-local/blob/master/validate/validate.go
const (
	maxArgs = 100
	maxArg  = 4000
)

// limits tells what Cloud Build would refuse in words that name no input.
func limits(spec build.Spec, r request) error {
	for _, s := range r.Steps {
		if len(s.Args) > maxArgs {
			return &build.StepError{Image: spec.Name, Err: fmt.Errorf("a step of Cloud Build takes %d arguments, and labels, build-args and caches make %d of them; give fewer", maxArgs, len(s.Args))}
		}
		for _, arg := range s.Args {
			if len(arg) > maxArg {
				return &build.StepError{Image: spec.Name, Err: fmt.Errorf("an argument of Cloud Build takes %d bytes, and %s... has %d; put long values into a file of the context", maxArg, arg[:40], len(arg))}
			}
		}
	}
	return nil
}

// literal keeps Cloud Build from putting a substitution's value in the place of what a user wrote.
// https://docs.cloud.google.com/build/docs/build-config-file-schema#substitutions
func literal(words []string) []string {
	kept := make([]string, len(words))
	for i, word := range words {
		kept[i] = strings.ReplaceAll(word, "$", "$$")
	}
	return kept
}
