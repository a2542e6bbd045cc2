package inputs_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
)

// cloudInputs are the least that builder cloudbuild takes.
func cloudInputs() map[string]string {
	return map[string]string{
		"mode": "build", "builder": "cloudbuild", "images": "shop/cart=europe-docker.pkg.dev/octo-shop/shop/cart",
		"tag":                            "v1",
		"gcp-project-id":                 "octo-shop",
		"gcp-workload-identity-provider": "projects/123/locations/global/workloadIdentityPools/github/providers/octo-repo",
	}
}

func TestParse_cloudbuild(t *testing.T) {
	const pool = "projects/octo-builds/locations/europe-west4/workerPools/fast"
	for _, test := range []struct {
		name, builder string
		want          build.CloudBuild
	}{
		{"alone", "cloudbuild", build.CloudBuild{Project: "octo-shop", Region: "global", Timeout: time.Hour}},
		{"with_all_keys", "cloudbuild region=europe-west1 bucket=gs://octo-builds " +
			"service-account=builder@octo-shop.iam.gserviceaccount.com machine-type=E2_HIGHCPU_8 timeout=90m",
			build.CloudBuild{Project: "octo-shop", Region: "europe-west1", Bucket: "octo-builds",
				ServiceAccount: "builder@octo-shop.iam.gserviceaccount.com",
				MachineType:    "E2_HIGHCPU_8", Timeout: 90 * time.Minute}},
		{"region_of_the_pool", "cloudbuild worker-pool=" + pool,
			build.CloudBuild{Project: "octo-shop", Region: "europe-west4", WorkerPool: pool, Timeout: time.Hour}},
	} {
		t.Run(test.name, func(t *testing.T) {
			given := cloudInputs()
			given["builder"] = test.builder
			config, err := parse(given, inputs.Needs{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.want, config.CloudBuild); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if config.Assembles() || config.Images[0].Build.Dockerfile.Context != "." {
				t.Error("the image is not built from its Dockerfile")
			}
		})
	}
}

func TestParse_cloudbuild_tells_all_that_it_can_t_do(t *testing.T) {
	for _, test := range []struct {
		name  string
		given map[string]string
		want  inputs.Problems
	}{
		{"nothing_to_sign_in_with", map[string]string{"gcp-project-id": "", "gcp-workload-identity-provider": ""},
			inputs.Problems{"builder cloudbuild also needs gcp-project-id, gcp-workload-identity-provider"}},
		{"keys_that_make_no_sense", map[string]string{
			"builder": "cloudbuild region=Europe bucket=Octo service-account=me worker-pool=fast machine-type=large " +
				"timeout=2d color=red region"},
			inputs.Problems{
				`builder, region: "Europe" is not global or a region such as europe-west1`,
				`builder, bucket: "Octo" is not a bucket's name such as octo-shop_cloudbuild`,
				`builder, service-account: "me" is not an address such as NAME@PROJECT.iam.gserviceaccount.com`,
				`builder, worker-pool: "fast" is not projects/PROJECT/locations/REGION/workerPools/POOL`,
				`builder, machine-type: "large" is not a machine type such as E2_HIGHCPU_8`,
				`builder, timeout: "2d" is not a duration up to 24h, such as 90m`,
				`builder: unknown key "color" of cloudbuild; known are region, bucket, service-account, worker-pool, machine-type and timeout`,
				`builder: "region" is not key=value`,
			}},
		{"a_pool_elsewhere", map[string]string{"builder": "cloudbuild region=europe-west1 " +
			"worker-pool=projects/p/locations/us-east1/workerPools/w"},
			inputs.Problems{"builder: the worker pool is in us-east1, and region is europe-west1; a build runs where its pool " +
				"is, so drop region"}},
		{"secrets_and_what_is_out_of_reach", map[string]string{
			"images":  "a=ghcr.io/shop/a\nb=gcr.io/shop/b context=git@github.com:shop/b.git platforms=windows/amd64",
			"secrets": "token=hunter2", "ssh": "default", "cache-from": "type=gha\ntype=registry,ref=gcr.io/shop/cache",
			"cache-to": "type=local,dest=c", "user": "me"},
			inputs.Problems{
				`user: only used by builder assemble, and builder is "cloudbuild"; set builder to assemble, or drop user`,
				"images, line 1: builder cloudbuild pushes to Artifact Registry alone, as the builds' service account, and " +
					"ghcr.io/shop/a is elsewhere; use another builder",
				"secrets: builder cloudbuild keeps a record of each build, where none may stand; use another builder",
				"ssh: builder cloudbuild keeps a record of each build, where none may stand; use another builder",
				"cache-from: a cache of type gha is out of reach for builder cloudbuild; use type=registry or type=inline",
				"cache-to: a cache of type local is out of reach for builder cloudbuild; use type=registry or type=inline",
				`images, line 2, context: builder cloudbuild has no SSH key for "git@github.com:shop/b.git"; use a local folder, or an https:// address that needs no sign-in`,
				"images, line 2, platforms: builder cloudbuild builds for linux, not for windows/amd64",
			}},
		{"beside_another_builder", map[string]string{"builder": "cloudbuild\nauto"},
			inputs.Problems{"builder: cloudbuild builds every platform, so it must be the only line"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			given := with(cloudInputs(), test.given)
			_, err := parse(given, inputs.Needs{})
			if diff := cmp.Diff(error(test.want), err); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
