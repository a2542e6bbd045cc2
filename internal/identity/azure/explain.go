package azure

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
)

// EntraError is a refusal by Microsoft Entra.
type EntraError struct {
	// Code is the number in AADSTS70021
	// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
	Code int
	// Description is what Entra says, without its trace IDs.
	Description string
	// Advice says what to do.
	Advice string
}

// Error is what Entra says, and what to do.
func (e *EntraError) Error() string {
	return fmt.Sprintf("signing in to Microsoft Entra: %s\n%s", e.Description, e.Advice)
}

// explain turns the SDK's error, which dumps the response, into one that says what to do.
func (a *Account) explain(err error, claims federation.Claims) error {
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) || failed.RawResponse == nil {
		return fmt.Errorf("signing in to Microsoft Entra: %w; check that this machine may connect to "+
			"%s", err, a.cloud.cloud.ActiveDirectoryAuthorityHost)
	}
	e := readEntraError(failed.RawResponse)
	e.Advice = a.advice(e.Code, claims, failed.RawResponse.Header.Get("Date"))
	return e
}

// readEntraError reads the body of a refusal
// (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#error-response-1).
func readEntraError(response *http.Response) *EntraError {
	body, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10)) // what could not be read is missing below
	var refusal struct {
		Description string `json:"error_description"`
		Codes       []int  `json:"error_codes"`
	}
	_ = json.Unmarshal(body, &refusal)
	description, _, _ := strings.Cut(refusal.Description, "Trace ID:")
	e := &EntraError{Description: strings.TrimSpace(description)}
	if e.Description == "" {
		e.Description = "it answers " + response.Status
	}
	if len(refusal.Codes) > 0 {
		e.Code = refusal.Codes[0]
	}
	return e
}
