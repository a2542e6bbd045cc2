data "azurerm_client_config" "current" {}

resource "azurerm_kubernetes_cluster" "demo" {
  name                = "multiarch-deploy-demo"
  resource_group_name = azurerm_resource_group.demo.name
  location            = azurerm_resource_group.demo.location
  dns_prefix          = random_string.name.result
  kubernetes_version  = var.kubernetes_version

  # Who comes in is said by Entra, and what they may do by role assignments: no certificate that opens everything.
  local_account_disabled = true
  azure_active_directory_role_based_access_control {
    tenant_id          = data.azurerm_client_config.current.tenant_id
    azure_rbac_enabled = true
  }

  default_node_pool {
    name       = "amd64"
    vm_size    = var.amd64_size
    node_count = 1

    upgrade_settings {
      max_surge = "10%"
    }
  }

  # The pools are those written here. An automatic one would be amd64 alone, whatever the pods ask for.
  node_provisioning_profile {
    mode = "Manual"
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
  }
}

# AKS puts no taint on arm64 nodes, and none is set here: any pod can land on them, whatever its image is built for.
resource "azurerm_kubernetes_cluster_node_pool" "arm64" {
  name                  = "arm64"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.demo.id
  vm_size               = var.arm64_size
  node_count            = 1

  upgrade_settings {
    max_surge = "10%"
  }
}

# The nodes pull from the registry.
resource "azurerm_role_assignment" "nodes_pull" {
  scope                = azurerm_container_registry.demo.id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_kubernetes_cluster.demo.kubelet_identity[0].object_id
  principal_type       = "ServicePrincipal"
}
