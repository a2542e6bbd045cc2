package google

// role is the least predefined role with the permissions that a host asks for. container.developer lets a job look the
// cluster up and deploy to it; the others only look up.
// https://docs.cloud.google.com/kubernetes-engine/docs/how-to/iam
func role(host string) string {
	switch host {
	case hubHost:
		return "roles/gkehub.viewer"
	case managerHost:
		return "roles/browser"
	default:
		return "roles/container.developer"
	}
}
