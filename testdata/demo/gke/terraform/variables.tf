variable "project" {
  description = "ID of the Google Cloud project."
  type        = string
}

variable "repository" {
  description = "OWNER/NAME of the GitHub repository whose jobs may deploy. Capitals count."
  type        = string
  validation {
    condition     = can(regex("^[^/:'*]+/[^/:'*]+$", var.repository))
    error_message = "The repository is OWNER/NAME."
  }
}

variable "environment" {
  description = "The environment that those jobs run in."
  type        = string
  default     = "demo"
}

variable "zone" {
  description = "Zone of the cluster. It must have both machine types."
  type        = string
  default     = "us-central1-a"
}

variable "amd64_type" {
  description = "Machine type of the amd64 nodes."
  type        = string
  default     = "e2-standard-4"
}

variable "arm64_type" {
  description = "Machine type of the arm64 nodes: a C4A, which is Axion."
  type        = string
  default     = "c4a-standard-4"
}

variable "arm_taint" {
  description = "ARM: arm64 nodes carry kubernetes.io/arch=arm64:NoSchedule, as GKE has it. NONE: they do not, as in 2022."
  type        = string
  default     = "ARM"
  validation {
    condition     = contains(["ARM", "NONE"], var.arm_taint)
    error_message = "The taint is ARM or NONE."
  }
}

locals {
  region = join("-", slice(split("-", var.zone), 0, 2))
}
