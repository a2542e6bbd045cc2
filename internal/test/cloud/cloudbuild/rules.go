package cloudbuild

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
)

// Build is what may be submitted, as far as the stand-in knows it: any other field is refused as one that Cloud Build
// does not have. https://docs.cloud.google.com/build/docs/api/reference/rest/v1/projects.builds
type Build struct {
	Source struct {
		StorageSource struct{ Bucket, Object, Generation string } `json:"storageSource"`
	} `json:"source,omitzero"`
	Steps          []BuildStep  `json:"steps"`
	Timeout        string       `json:"timeout"`
	LogsBucket     string       `json:"logsBucket"`
	ServiceAccount string       `json:"serviceAccount"`
	Options        BuildOptions `json:"options"`
	Tags           []string     `json:"tags"`
}

// BuildStep is one step.
type BuildStep struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Entrypoint string   `json:"entrypoint"`
	Args       []string `json:"args"`
	Env        []string `json:"env"`
	// Status is output only.
	Status string `json:"status,omitempty"`
}

// BuildOptions are those of a build.
type BuildOptions struct {
	Logging                   string                `json:"logging"`
	LogStreamingOption        string                `json:"logStreamingOption"`
	DefaultLogsBucketBehavior string                `json:"defaultLogsBucketBehavior"`
	MachineType               string                `json:"machineType"`
	Pool                      struct{ Name string } `json:"pool,omitzero"`
}

var (
	// imageForm is of https://github.com/GoogleCloudPlatform/cloud-build-local/blob/master/validate/validate.go
	imageForm   = regexp.MustCompile(`^[a-z0-9./_-]+(@sha256:[0-9a-f]{64}|:[\w.-]+)?$`)
	accountForm = regexp.MustCompile(`^projects/[^/]+/serviceAccounts/[^/@]+@[^/@]+\.gserviceaccount\.com$`)
	poolForm    = regexp.MustCompile(`^projects/[^/]+/locations/([^/]+)/workerPools/[^/]+$`)
	stepIDForm  = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	tagForm     = regexp.MustCompile(`^[\w][\w.-]{0,127}$`)
	// variable is a substitution, and $$ a dollar.
	variable = regexp.MustCompile(`\$\$|\$\{?(\w*)\}?`)
)

// refuse checks a submission in the order of Cloud Build: its form, its region, then who may do what.
func (b *Service) refuse(member string, r *http.Request, wanted *Build) http.Handler {
	if r.PathValue("project") != b.google.ProjectID {
		return google.Forbidden("cloudbuild.builds.create")
	}
	if text := b.invalid(wanted); text != "" {
		return google.APIError(http.StatusBadRequest, "INVALID_ARGUMENT", text, nil)
	}
	if !slices.Contains(b.Regions, r.PathValue("region")) {
		return google.APIError(http.StatusBadRequest, "FAILED_PRECONDITION",
			"failed precondition: due to quota restrictions, Cloud Build cannot run builds in this region, see "+
				"https://cloud.google.com/build/docs/locations#restricted_regions_for_some_projects", nil)
	}
	account := b.runner(wanted)
	if !b.google.Has(member, actAs) {
		return google.APIError(http.StatusForbidden, "PERMISSION_DENIED",
			"caller does not have permission to act as service account projects/"+b.google.ProjectID+"/serviceAccounts/"+account,
			nil)
	}
	bucket := logsBucket(wanted)
	if b.Storage.Buckets[bucket] == "" || !b.google.Has("serviceAccount:"+account, storageAdmin) {
		return google.APIError(http.StatusBadRequest, "INVALID_ARGUMENT",
			fmt.Sprintf("invalid bucket %q; builder service account does not have access to the bucket", bucket), nil)
	}
	return nil
}

// invalid says what is wrong with the form of a build, and puts what it stands for in the place of each substitution.
func (b *Service) invalid(wanted *Build) string {
	o := wanted.Options
	if wanted.ServiceAccount != "" && !accountForm.MatchString(wanted.ServiceAccount) {
		return fmt.Sprintf("invalid build: invalid service account %q", wanted.ServiceAccount)
	}
	if o.Pool.Name != "" && !poolForm.MatchString(o.Pool.Name) {
		return fmt.Sprintf("invalid build: invalid worker pool %q", o.Pool.Name)
	}
	if wanted.ServiceAccount != "" && wanted.LogsBucket == "" && o.DefaultLogsBucketBehavior == "" &&
		o.Logging != "CLOUD_LOGGING_ONLY" && o.Logging != "NONE" {
		return "if 'build.service_account' is specified, the build must either (a) specify 'build.logs_bucket', (b) use " +
			"the REGIONAL_USER_OWNED_BUCKET " +
			"build.options.default_logs_bucket_behavior option, or (c) use either CLOUD_LOGGING_ONLY / NONE logging options"
	}
	if o.Logging != "GCS_ONLY" || o.LogStreamingOption != "STREAM_ON" {
		return "invalid build: the stand-in writes logs to Cloud Storage alone, as they come"
	}
	timeout, err := time.ParseDuration(wanted.Timeout)
	if err != nil || timeout <= 0 || timeout > 24*time.Hour || !strings.HasSuffix(wanted.Timeout, "s") {
		return fmt.Sprintf("invalid build: invalid timeout %q", wanted.Timeout)
	}
	for _, tag := range wanted.Tags {
		if !tagForm.MatchString(tag) {
			return fmt.Sprintf("invalid build: invalid build tag %q", tag)
		}
	}
	if len(wanted.Steps) == 0 {
		return "invalid build: no build steps specified"
	}
	for i := range wanted.Steps {
		if text := b.invalidStep(i, &wanted.Steps[i]); text != "" {
			return text
		}
	}
	return ""
}

func (b *Service) invalidStep(i int, s *BuildStep) string {
	switch {
	case !imageForm.MatchString(s.Name):
		return fmt.Sprintf("invalid build: invalid build step name %q", s.Name)
	case !stepIDForm.MatchString(s.ID):
		return fmt.Sprintf("invalid build: invalid build step id %q", s.ID)
	case len(s.Args) > 100:
		return fmt.Sprintf("invalid build: build step %d has too many args (max: 100)", i)
	}
	for _, words := range [][]string{s.Args, s.Env} {
		for k, word := range words {
			if len(word) > 4000 {
				return fmt.Sprintf("invalid build: build step %d arg %d too long (max: 4000)", i, k)
			}
			replaced, unknown := b.substitute(word)
			if unknown != "" {
				return fmt.Sprintf("invalid value for 'build.substitutions': key in the template %q is not a valid built-in "+
					"substitution", unknown)
			}
			words[k] = replaced
		}
	}
	return ""
}

// substitute expands what stands for something in a word.
// https://docs.cloud.google.com/build/docs/configuring-builds/substitute-variable-values
func (b *Service) substitute(word string) (replaced, unknown string) {
	replaced = variable.ReplaceAllStringFunc(word, func(found string) string {
		name := strings.Trim(found, "${}")
		switch {
		case found == "$$":
			return "$"
		case name == "PROJECT_ID":
			return b.google.ProjectID
		case name == "PROJECT_NUMBER":
			return b.google.ProjectNumber
		}
		unknown = name
		return found
	})
	return replaced, unknown
}

// runner is the address of the account that a build runs as.
func (b *Service) runner(wanted *Build) string {
	if wanted.ServiceAccount == "" {
		return b.Account
	}
	return wanted.ServiceAccount[strings.LastIndex(wanted.ServiceAccount, "/")+1:]
}

// logsBucket is the bucket of the logs; a folder may stand behind it.
func logsBucket(wanted *Build) string {
	bucket, _, _ := strings.Cut(strings.TrimPrefix(wanted.LogsBucket, "gs://"), "/")
	return bucket
}

// logObject is the name of a build's log.
func logObject(wanted *Build, id string) string {
	_, folder, _ := strings.Cut(strings.TrimPrefix(wanted.LogsBucket, "gs://"), "/")
	return strings.TrimPrefix(folder+"/log-"+id+".txt", "/")
}
