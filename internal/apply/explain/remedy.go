package explain

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

// The API server's own phrases, where nothing but the text tells one refusal from another.
var (
	// k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go: forbiddenMessage.
	lacksVerb = regexp.MustCompile(`(User ".*") cannot (\w+) resource "([^"]+)" in API group "([^"]*)"`)
	// k8s.io/apiserver/pkg/admission/plugin/webhook/errors/statuserror.go: ToStatusErr.
	webhookDenied = regexp.MustCompile(`admission webhook ("[^"]+") denied the request`)
	// k8s.io/apiserver/pkg/util/webhook/error.go: ErrCallingWebhook.
	webhookDown = regexp.MustCompile(`failed calling webhook ("[^"]+")`)
	goValue     = regexp.MustCompile(`, got &value\..*`)
	unknown     = regexp.MustCompile(`field not declared in schema|unknown field`)
	quota       = regexp.MustCompile(`exceeded quota`)
	security    = regexp.MustCompile(`violates PodSecurity`)
	// k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle.
	noNamespace = regexp.MustCompile(`namespaces "[^"]+" not found`)
)

// remedy says what to do about a refusal.
func remedy(ref server.Ref, err error) string {
	var own *server.Refusal
	text := err.Error()
	switch {
	case errors.As(err, &own):
		return own.Fix
	case lacksVerb.MatchString(text):
		return grant(ref, lacksVerb.FindStringSubmatch(text))
	case webhookDenied.MatchString(text):
		return fmt.Sprintf("Change the object as the webhook says, or ask whoever runs %s in this cluster.",
			webhookDenied.FindStringSubmatch(text)[1])
	case webhookDown.MatchString(text):
		return fmt.Sprintf("The service behind webhook %s does not answer: look at its pods, then deploy again.",
			webhookDown.FindStringSubmatch(text)[1])
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return fmt.Sprintf("Namespace %s is being deleted: wait until it is gone, then deploy again.", ref.Namespace)
	case noNamespace.MatchString(text):
		return fmt.Sprintf("Create the namespace, or add it to the kustomization: kubectl create namespace %s", ref.Namespace)
	case quota.MatchString(text):
		return fmt.Sprintf("Ask for less, or raise the quota: kubectl describe resourcequota -n %s", ref.Namespace)
	case security.MatchString(text):
		return "Set the securityContext fields that the message names, or lower the namespace's label " +
			"pod-security.kubernetes.io/enforce."
	case unknown.MatchString(text):
		return fmt.Sprintf("Correct or remove the field; kubectl explain %s shows which there are.",
			strings.ToLower(ref.Kind.Kind))
	default:
		return "Correct the manifest as the message says."
	}
}

// grant is the RBAC rule that the role of this user lacks. Apply reads, creates and patches; one verb alone won't do.
func grant(ref server.Ref, refused []string) string {
	user, verb, resource, group := refused[1], refused[2], refused[3], refused[4]
	kind, where := "ClusterRole", ""
	if ns := ref.Namespace; ns != "" {
		kind, where = "Role", " in namespace "+ns
	}
	verbs := "get, create, patch"
	if !strings.Contains(verbs, verb) {
		verbs += ", " + verb
	}
	return fmt.Sprintf("Give %s a %s%s with this rule:\n- apiGroups: [%q]\n  resources: [%q]\n  verbs: [%s]",
		user, kind, where, group, resource, verbs)
}
