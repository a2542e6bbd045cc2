// Command multiarch-deploy builds or verifies, rewrites, plans, applies and watches a mixed-architecture deploy.
package main

func main() {}
