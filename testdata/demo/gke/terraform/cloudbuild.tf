# What `builder: cloudbuild` needs: a bucket for sources and logs, an account that builds act as, and for the job the
# right to submit builds that act as it.
resource "google_storage_bucket" "builds" {
  name                        = "${local.name}-builds"
  location                    = local.region
  force_destroy               = true
  uniform_bucket_level_access = true # principals of a workload identity pool are known to no other kind of bucket
  public_access_prevention    = "enforced"

  lifecycle_rule {
    condition {
      age = 7
    }
    action {
      type = "Delete"
    }
  }

  depends_on = [google_project_service.demo]
}

resource "google_service_account" "builds" {
  account_id   = "${local.name}-builds"
  display_name = "Builds of the multiarch-deploy demo"
}

# Cloud Build asks for this role where logs go to a bucket of one's own.
# https://docs.cloud.google.com/build/docs/securing-builds/store-manage-build-logs#store-custom-bucket
resource "google_storage_bucket_iam_member" "builds" {
  bucket = google_storage_bucket.builds.name
  role   = "roles/storage.admin"
  member = google_service_account.builds.member
}

resource "google_artifact_registry_repository_iam_member" "builds_push" {
  location   = google_artifact_registry_repository.demo.location
  repository = google_artifact_registry_repository.demo.name
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.builds.member
}

resource "google_project_iam_member" "submit_builds" {
  project = var.project
  role    = "roles/cloudbuild.builds.editor"
  member  = local.deployer
}

resource "google_service_account_iam_member" "build_as" {
  service_account_id = google_service_account.builds.name
  role               = "roles/iam.serviceAccountUser"
  member             = local.deployer
}

# Sources go up, logs come down.
resource "google_storage_bucket_iam_member" "deployer" {
  bucket = google_storage_bucket.builds.name
  role   = "roles/storage.objectUser"
  member = local.deployer
}
