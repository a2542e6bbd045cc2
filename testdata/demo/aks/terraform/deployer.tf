# The identity of the job that deploys. Jobs of the repository's environment are let in by their own ID token; it has
# no password.
resource "azurerm_user_assigned_identity" "deployer" {
  name                = "multiarch-deploy-demo"
  resource_group_name = azurerm_resource_group.demo.name
  location            = azurerm_resource_group.demo.location
}

resource "azurerm_federated_identity_credential" "github" {
  name                      = "github"
  user_assigned_identity_id = azurerm_user_assigned_identity.deployer.id
  issuer                    = "https://token.actions.githubusercontent.com"
  subject                   = "repo:${var.repository}:environment:${var.environment}"
  audience                  = ["api://AzureADTokenExchange"]
}

# What rbac.yaml grants, for the kinds that this demo deploys, as a role of Azure: so nobody has to go into the cluster
# with more rights first.
resource "azurerm_role_definition" "deployer" {
  name        = "multiarch-deploy-demo ${random_string.name.result}"
  description = "Deploys Deployments and Services, and watches what becomes of them."
  scope       = azurerm_resource_group.demo.id

  permissions {
    data_actions = [for action in concat(
      [for pair in setproduct(["apps/deployments", "configmaps", "services"], ["read", "write", "delete"]) : join("/", pair)],
      ["apps/replicasets/read", "events/read", "nodes/read", "pods/read"],
    ) : "Microsoft.ContainerService/managedClusters/${action}"]
  }
}

resource "azurerm_role_assignment" "deployer" {
  for_each = {
    # Reads the cluster's address.
    cluster = { scope = azurerm_kubernetes_cluster.demo.id, role = "Azure Kubernetes Service Cluster User Role" }
    # Pushes the images.
    registry = { scope = azurerm_container_registry.demo.id, role = "AcrPush" }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.deployer.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "deployer_in_cluster" {
  scope              = azurerm_kubernetes_cluster.demo.id
  role_definition_id = azurerm_role_definition.deployer.role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.deployer.principal_id
  principal_type     = "ServicePrincipal"
}
