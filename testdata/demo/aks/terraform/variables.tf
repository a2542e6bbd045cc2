variable "repository" {
  description = "OWNER/NAME of the GitHub repository whose jobs may deploy. Capitals count."
  type        = string
  validation {
    condition     = can(regex("^[^/:*]+/[^/:*]+$", var.repository))
    error_message = "The repository is OWNER/NAME."
  }
}

variable "environment" {
  description = "The environment that those jobs run in."
  type        = string
  default     = "demo"
}

variable "location" {
  description = "Region of everything. It must have both machine types."
  type        = string
  default     = "westeurope"
}

variable "kubernetes_version" {
  description = "Minor version. AKS takes its latest patch."
  type        = string
  default     = "1.36"
}

variable "amd64_size" {
  description = "Machine type of the amd64 node."
  type        = string
  default     = "Standard_D2ds_v5"
}

variable "arm64_size" {
  description = "Machine type of the arm64 node: an Ampere Altra. AKS documents the series Dpsv5, Dplsv5 and Epsv5."
  type        = string
  default     = "Standard_D2pds_v5"
}
