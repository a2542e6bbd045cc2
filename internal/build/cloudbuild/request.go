package cloudbuild

import (
	"fmt"
	"strings"

	"google.golang.org/api/cloudbuild/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// request is the build of one image. The log goes to the same bucket as the source, since the bucket of Cloud Build's
// own shows its logs only to who may view the whole project, and a service account that is no default one must not use
// it. https://docs.cloud.google.com/build/docs/securing-builds/store-manage-build-logs
func (j *job) request() (*cloudbuild.Build, error) {
	wanted := &cloudbuild.Build{
		Steps:      steps(j.spec, j.source),
		Timeout:    fmt.Sprintf("%.0fs", j.Cloud.Timeout.Seconds()),
		LogsBucket: "gs://" + j.store.bucket + "/multiarch-deploy",
		Options: &cloudbuild.BuildOptions{Logging: "GCS_ONLY", LogStreamingOption: "STREAM_ON",
			MachineType: j.Cloud.MachineType},
		Tags: []string{"multiarch-deploy"},
	}
	if o := j.source.object; o != nil {
		wanted.Source = &cloudbuild.Source{StorageSource: &cloudbuild.StorageSource{
			Bucket: j.store.bucket, Object: o.name, Generation: o.generation,
		}}
	}
	if j.Cloud.ServiceAccount != "" {
		wanted.ServiceAccount = "projects/" + j.accountProject() + "/serviceAccounts/" + j.Cloud.ServiceAccount
	}
	if j.Cloud.WorkerPool != "" {
		wanted.Options.Pool = &cloudbuild.PoolOption{Name: j.Cloud.WorkerPool}
	}
	return wanted, limits(j.spec, wanted)
}

// accountProject is the project that the service account's address names, as NAME@PROJECT.iam.gserviceaccount.com does.
func (j *job) accountProject() string {
	_, host, _ := strings.Cut(j.Cloud.ServiceAccount, "@")
	if project, named := strings.CutSuffix(host, ".iam.gserviceaccount.com"); named {
		return project
	}
	return j.Cloud.Project
}

// Cloud Build's limits of a step:
// https://github.com/GoogleCloudPlatform/cloud-build-local/blob/master/validate/validate.go
const (
	maxArgs = 100
	maxArg  = 4000
)

// limits finds what Cloud Build would refuse in words that name no input.
func limits(spec build.Spec, wanted *cloudbuild.Build) error {
	for _, s := range wanted.Steps {
		if len(s.Args) > maxArgs {
			return &build.StepError{Image: spec.Name, Err: fmt.Errorf("a step of Cloud Build takes %d arguments, and labels, "+
				"build-args and caches make %d of them; give fewer", maxArgs, len(s.Args))}
		}
		for _, arg := range s.Args {
			if len(arg) > maxArg {
				return &build.StepError{Image: spec.Name, Err: fmt.Errorf("an argument of Cloud Build takes %d bytes, and %s... "+
					"has %d; put long values into a file of the context", maxArg, arg[:40], len(arg))}
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
