terraform {
  required_version = ">= 1.11"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "5.2.0"
    }
    random = {
      source  = "hashicorp/random"
      version = "3.9.0"
    }
  }

  # Where the state lives is told to `terraform init`: storage_account_name and container_name. It is opened by the
  # identity that Terraform runs as; no storage key is stored or even looked up.
  backend "azurerm" {
    key              = "multiarch-deploy-demo-aks.tfstate"
    use_oidc         = true
    use_azuread_auth = true
  }
}

# Signed in by the job's ID token. ARM_CLIENT_ID, ARM_TENANT_ID and ARM_SUBSCRIPTION_ID say as whom, and where.
provider "azurerm" {
  use_oidc = true

  # A new subscription knows none of these yet, and from its version 5 on the provider registers nothing unasked.
  resource_providers_to_register = [
    "Microsoft.Compute",
    "Microsoft.ContainerRegistry",
    "Microsoft.ContainerService",
    "Microsoft.ManagedIdentity",
    "Microsoft.Network",
  ]

  features {}
}
