# The job that deploys is let in by its own ID token. It needs no service account: roles go to the job itself.
resource "google_iam_workload_identity_pool" "github" {
  workload_identity_pool_id = local.name
  display_name              = "multiarch-deploy demo"

  depends_on = [google_project_service.demo]
}

resource "google_iam_workload_identity_pool_provider" "repository" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.github.workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  attribute_mapping                  = { "google.subject" = "assertion.sub" }
  attribute_condition                = "assertion.repository == '${var.repository}'"

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

locals {
  deployer = "principal://iam.googleapis.com/${google_iam_workload_identity_pool.github.name}/subject/repo:${var.repository}:environment:${var.environment}"
}

# What rbac.yaml grants, for the kinds that this demo deploys, as a role of Google Cloud: so nobody has to go into the
# cluster with more rights first. In the words of IAM, list is also watch, and update is also patch.
resource "google_project_iam_custom_role" "deployer" {
  role_id     = replace(local.name, "-", "_")
  title       = "Deployer of the multiarch-deploy demo"
  description = "Deploys Deployments and Services, and watches what becomes of them."
  permissions = concat(
    [for pair in setproduct(["configMaps", "deployments", "services"], ["create", "delete", "get", "list", "update"]) :
    "container.${join(".", pair)}"],
    [for pair in setproduct(["events", "pods", "replicaSets"], ["get", "list"]) : "container.${join(".", pair)}"],
    ["container.clusters.get", "container.nodes.list", "container.pods.getLogs"],
  )
}

resource "google_project_iam_member" "deployer" {
  project = var.project
  role    = google_project_iam_custom_role.deployer.id
  member  = local.deployer
}

resource "google_artifact_registry_repository_iam_member" "deployer_push" {
  location   = google_artifact_registry_repository.demo.location
  repository = google_artifact_registry_repository.demo.name
  role       = "roles/artifactregistry.writer"
  member     = local.deployer
}
