package inputs

import (
	"regexp"
	"strings"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/catalogue"
)

var (
	poolForm    = regexp.MustCompile(`^projects/[^/]+/locations/([^/]+)/workerPools/[^/]+$`)
	regionForm  = regexp.MustCompile(`^[a-z]+(-[a-z]+[0-9]+)?$`)
	machineForm = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
	// bucketForm is of https://docs.cloud.google.com/storage/docs/buckets#naming
	bucketForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$`)
)

// maxCloudTimeout is Cloud Build's own limit: https://docs.cloud.google.com/build/quotas
const maxCloudTimeout = 24 * time.Hour

// cloudBuild reads the builder line cloudbuild, and checks that there is something to sign in with.
func (p parser) cloudBuild(line string, google Google) *build.CloudBuild {
	c := &build.CloudBuild{Project: google.ProjectID, Timeout: time.Hour}
	for _, field := range strings.Fields(line)[1:] {
		p.cloudKey(c, field)
	}
	p.cloudRegion(c)
	p.Together("builder "+catalogue.CloudBuilder, [][2]string{
		{"gcp-project-id", google.ProjectID}, {"gcp-workload-identity-provider", google.Provider},
	})
	return c
}

func (p parser) cloudKey(c *build.CloudBuild, field string) {
	key, value, _ := strings.Cut(field, "=")
	switch {
	case value == "":
		p.Problem("builder: %q is not key=value", field)
	case key == "region":
		c.Region = p.like("region", value, regionForm, "global or a region such as europe-west1")
	case key == "bucket":
		c.Bucket = p.like("bucket", strings.TrimPrefix(value, "gs://"), bucketForm,
			"a bucket's name such as octo-shop_cloudbuild")
	case key == "service-account":
		c.ServiceAccount = p.like("service-account", value, accountForm,
			"an address such as NAME@PROJECT.iam.gserviceaccount.com")
	case key == "worker-pool":
		c.WorkerPool = p.like("worker-pool", value, poolForm, "projects/PROJECT/locations/REGION/workerPools/POOL")
	case key == "machine-type":
		c.MachineType = p.like("machine-type", value, machineForm, "a machine type such as E2_HIGHCPU_8")
	case key == "timeout":
		c.Timeout = p.cloudTimeout(value)
	default:
		p.Problem("builder: unknown key %q of %s; known are region, bucket, service-account, worker-pool, machine-type and "+
			"timeout", key, catalogue.CloudBuilder)
	}
}

// like returns a value of the form, or notes that it is none.
func (p parser) like(key, value string, form *regexp.Regexp, example string) string {
	if !form.MatchString(value) {
		p.Problem("builder, %s: %q is not %s", key, value, example)
	}
	return value
}

func (p parser) cloudTimeout(text string) time.Duration {
	timeout, err := time.ParseDuration(text)
	if err != nil || timeout < time.Second || timeout > maxCloudTimeout {
		p.Problem("builder, timeout: %q is not a duration up to 24h, such as 90m", text)
	}
	return timeout
}

// cloudRegion is that of the worker pool, or global.
func (p parser) cloudRegion(c *build.CloudBuild) {
	pool := poolForm.FindStringSubmatch(c.WorkerPool)
	switch {
	case pool != nil && c.Region != "" && c.Region != pool[1]:
		p.Problem("builder: the worker pool is in %s, and region is %s; a build runs where its pool is, so drop region",
			pool[1], c.Region)
	case pool != nil:
		c.Region = pool[1]
	case c.Region == "":
		c.Region = "global"
	}
}
