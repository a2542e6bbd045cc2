# The inputs of the action, under their own names.

output "cluster" {
  description = "Resource ID of the cluster: it holds the subscription and the resource group."
  value       = azurerm_kubernetes_cluster.demo.id
}

output "registry" {
  description = "Host name of the registry."
  value       = azurerm_container_registry.demo.login_server
}

output "azure_client_id" {
  description = "The identity that the job deploys as."
  value       = azurerm_user_assigned_identity.deployer.client_id
}

output "azure_tenant_id" {
  description = "Its Entra tenant."
  value       = azurerm_user_assigned_identity.deployer.tenant_id
}
