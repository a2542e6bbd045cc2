# The name of a registry is a host name: it must be the only one of its kind in the world.
resource "random_string" "name" {
  length  = 12
  special = false
  upper   = false
  numeric = false
}

resource "azurerm_resource_group" "demo" {
  name     = "multiarch-deploy-demo"
  location = var.location
}

resource "azurerm_container_registry" "demo" {
  name                = random_string.name.result
  resource_group_name = azurerm_resource_group.demo.name
  location            = azurerm_resource_group.demo.location
  sku                 = "Basic"
}
