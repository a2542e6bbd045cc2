package cloudbuild

import (
	"cmp"
	"net/http"
	"strings"

	"google.golang.org/api/cloudbuild/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
)

// advise says what to do about a refusal, with the command to run. Cloud Build sends no codes, so its texts decide.
func (b *Builder) advise(r *googleapi.Refusal) string {
	says := func(text string) bool { return strings.Contains(r.Message, text) }
	switch {
	case r.Service == storageHost:
		return b.adviseStorage(r)
	case r.Service != buildHost:
		return ""
	case says("act as service account"):
		return b.unknown("Let the job's account hand the build to the builds' service account; it takes some minutes to " +
			"work:\n" +
			googleapi.Command("gcloud iam service-accounts add-iam-policy-binding "+b.runner(&cloudbuild.Build{}),
				"--project="+b.Cloud.Project,
				"--role=roles/iam.serviceAccountUser", "--member='"+b.Account.Member()+"'"))
	case says("service account does not have access to"):
		return b.grantBucket(&cloudbuild.Build{})
	case says("quota restrictions"):
		return "Projects may not build everywhere. Name a region behind cloudbuild in builder, such as " +
			"region=us-central1, with a machine that it offers: " +
			"https://docs.cloud.google.com/build/docs/locations#restricted_regions_for_some_projects"
	case r.Status == http.StatusForbidden:
		return "Grant the role; it takes some minutes to work:\n" +
			googleapi.Command("gcloud projects add-iam-policy-binding "+b.Cloud.Project,
				"--role=roles/cloudbuild.builds.editor", "--member='"+b.Account.Member()+"'")
	case r.Status == http.StatusNotFound:
		return "Check gcp-project-id, and region and worker-pool behind cloudbuild in builder"
	}
	return ""
}

func (b *Builder) adviseStorage(r *googleapi.Refusal) string {
	switch {
	case r.Status == http.StatusNotFound:
		return "There is no such bucket. " + b.makeBucket()
	case r.Status != http.StatusForbidden:
		return ""
	case strings.Contains(r.Message, "storage.buckets.list"):
		return "Whether the bucket of the usual name is the project's own must be known before anything is sent there. " +
			"Name a bucket, with bucket=NAME behind cloudbuild in builder, or grant the role; it takes some minutes to work:\n" +
			googleapi.Command("gcloud projects add-iam-policy-binding "+b.Cloud.Project, "--role=roles/storage.bucketViewer",
				"--member='"+b.Account.Member()+"'")
	default:
		return "Grant the role; it takes some minutes to work:\n" + b.bucketRole("roles/storage.objectUser",
			b.Account.Member())
	}
}

// makeBucket says how to make the bucket. Access to it must be uniform, or a federated identity gets none.
// https://docs.cloud.google.com/iam/docs/federated-identity-supported-services
func (b *Builder) makeBucket() string {
	location := b.Cloud.Region
	if location == "global" {
		location = "us"
	}
	return "Make it, and let the job's account use it:\n" +
		googleapi.Command("gcloud storage buckets create gs://"+b.bucket(), "--project="+b.Cloud.Project,
			"--location="+location, "--uniform-bucket-level-access") + "\n" +
		b.bucketRole("roles/storage.objectUser", b.Account.Member())
}

func (b *Builder) bucketRole(role, member string) string {
	return googleapi.Command("gcloud storage buckets add-iam-policy-binding gs://"+b.bucket(), "--role="+role,
		"--member='"+member+"'")
}

// grantBucket lets a build read its source and write its log.
func (b *Builder) grantBucket(r *cloudbuild.Build) string {
	return b.unknown("The builds' service account reads the source and writes the log there. Grant it the role; it " +
		"takes some minutes to work:\n" +
		b.bucketRole("roles/storage.admin", "serviceAccount:"+b.runner(r)))
}

// grantRegistry lets a build push.
func (j *job) grantRegistry(r *cloudbuild.Build) string {
	registry := j.spec.Reference.Context()
	parts := strings.Split(registry.RepositoryStr(), "/")
	location, docker := strings.CutSuffix(registry.RegistryStr(), "-docker.pkg.dev")
	if !docker || len(parts) < 3 {
		return j.unknown("Grant the builds' service account, " + j.runner(r) + ", roles/artifactregistry.writer.")
	}
	return j.unknown("Grant the builds' service account the role; it takes some minutes to work:\n" +
		googleapi.Command("gcloud artifacts repositories add-iam-policy-binding "+parts[1], "--location="+location,
			"--project="+parts[0],
			"--role=roles/artifactregistry.writer", "--member='serviceAccount:"+j.runner(r)+"'"))
}

// runner is the e-mail address of the account that a build runs as: as the build says, or as it was asked for. Where
// neither is known, a word takes its place that unknown explains.
func (b *Builder) runner(r *cloudbuild.Build) string {
	if at := strings.LastIndex(r.ServiceAccount, "/"); at >= 0 {
		return r.ServiceAccount[at+1:]
	}
	return cmp.Or(b.Cloud.ServiceAccount, placeholder)
}

const placeholder = "BUILDS_SERVICE_ACCOUNT"

// unknown says how to find the project's default account where an advice names none.
func (b *Builder) unknown(advice string) string {
	if !strings.Contains(advice, placeholder) {
		return advice
	}
	return advice + "\nThis command prints that account:\n" +
		googleapi.Command("gcloud builds get-default-service-account", "--project="+b.Cloud.Project)
}
