# The inputs of the action, under their own names.

output "cluster" {
  description = "Full name of the cluster: it holds the project and the location."
  value       = google_container_cluster.demo.id
}

output "repository" {
  description = "Where images go."
  value       = "${google_artifact_registry_repository.demo.location}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.demo.name}"
}

output "gcp_workload_identity_provider" {
  description = "The provider that lets the job in."
  value       = google_iam_workload_identity_pool_provider.repository.name
}

output "builder" {
  description = "Cloud Build, with the bucket and the account that it takes."
  value       = "cloudbuild bucket=${google_storage_bucket.builds.name} service-account=${google_service_account.builds.email}"
}
