terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "7.45.0"
    }
    random = {
      source  = "hashicorp/random"
      version = "3.9.0"
    }
  }

  # The bucket of the state is told to `terraform init`. It is opened by the identity that Terraform runs as.
  backend "gcs" {
    prefix = "multiarch-deploy-demo-gke"
  }
}

# Signed in by the credentials file of google-github-actions/auth, which trades the job's ID token.
provider "google" {
  project = var.project
  region  = local.region
}
