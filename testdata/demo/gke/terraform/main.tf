# A deleted workload identity pool keeps its name for 30 days, and a deleted role for longer; so every demo has names of
# its own. https://docs.cloud.google.com/iam/docs/manage-workload-identity-pools-providers#delete-pool
resource "random_string" "suffix" {
  length  = 6
  special = false
  upper   = false
}

locals {
  name = "multiarch-demo-${random_string.suffix.result}"
}

resource "google_project_service" "demo" {
  for_each = toset([
    "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com",
    "compute.googleapis.com",
    "container.googleapis.com",
    "iamcredentials.googleapis.com",
    "storage.googleapis.com",
    "sts.googleapis.com",
  ])

  service            = each.value
  disable_on_destroy = false # others in the project may use them
}

resource "google_artifact_registry_repository" "demo" {
  repository_id = local.name
  location      = local.region
  format        = "DOCKER"

  depends_on = [google_project_service.demo]
}
