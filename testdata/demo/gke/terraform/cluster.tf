resource "google_compute_network" "demo" {
  name                    = local.name
  auto_create_subnetworks = true

  depends_on = [google_project_service.demo]
}

resource "google_container_cluster" "demo" {
  name                = local.name
  location            = var.zone
  network             = google_compute_network.demo.id
  deletion_protection = false

  # A cluster is born with a pool. The pools below take its place.
  remove_default_node_pool = true
  initial_node_count       = 1

  release_channel {
    channel = "REGULAR"
  }

  # Gives the nodes an alias range each, which load balancers and network endpoint groups need.
  ip_allocation_policy {}

  depends_on = [google_project_service.demo]
}

resource "google_container_node_pool" "amd64" {
  name       = "amd64"
  cluster    = google_container_cluster.demo.id
  node_count = 3

  node_config {
    machine_type    = var.amd64_type
    disk_size_gb    = 50
    service_account = google_service_account.nodes.email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]
  }
}

resource "google_container_node_pool" "arm64" {
  name       = "arm64"
  cluster    = google_container_cluster.demo.id
  node_count = 3

  node_config {
    machine_type    = var.arm64_type
    disk_type       = "hyperdisk-balanced" # C4A takes no other
    disk_size_gb    = 50
    service_account = google_service_account.nodes.email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]

    # Needs GKE 1.35.0-gke.2141000. It changes at once, on running nodes.
    taint_config {
      architecture_taint_behavior = var.arm_taint
    }
  }
}
