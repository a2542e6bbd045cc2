# What the nodes are. The default account of Compute Engine may often edit the whole project.
resource "google_service_account" "nodes" {
  account_id   = "${local.name}-nodes"
  display_name = "Nodes of the multiarch-deploy demo"
}

# Logs and metrics, no more.
resource "google_project_iam_member" "nodes" {
  project = var.project
  role    = "roles/container.defaultNodeServiceAccount"
  member  = google_service_account.nodes.member
}

resource "google_artifact_registry_repository_iam_member" "nodes_pull" {
  location   = google_artifact_registry_repository.demo.location
  repository = google_artifact_registry_repository.demo.name
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.nodes.member
}
