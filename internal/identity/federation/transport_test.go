package federation_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
)

func TestTransport(t *testing.T) {
	for _, test := range []struct {
		name string
		// good is the first token that the server takes.
		good   int
		body   io.Reader
		status int
		seen   []string
	}{
		{"token_is_good", 1, strings.NewReader("hello"), 200, []string{"Bearer token-1 hello"}},
		{"token_has_ended", 2, strings.NewReader("hello"), 200, []string{"Bearer token-1 hello", "Bearer token-2 hello"}},
		{"no_body", 2, nil, 200, []string{"Bearer token-1 ", "Bearer token-2 "}},
		{"never_good", 9, strings.NewReader("hello"), 401, []string{"Bearer token-1 hello", "Bearer token-2 hello"}},
		{"body_that_can_be_read_once", 2, io.MultiReader(strings.NewReader("hello")), 401, []string{"Bearer token-1 hello"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var seen []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				seen = append(seen, r.Header.Get("Authorization")+" "+string(body))
				var token int
				if _, err := fmt.Sscanf(r.Header.Get("Authorization"), "Bearer token-%d", &token); err != nil || token < test.good {
					w.WriteHeader(http.StatusUnauthorized)
				}
			}))
			defer server.Close()
			minted := 0
			credential := federation.NewCredential(func(context.Context) (federation.Token, error) {
				minted++
				return federation.Token{Value: fmt.Sprint("token-", minted), Expires: time.Now().Add(time.Hour)}, nil
			})
			client := &http.Client{Transport: credential.Transport(http.DefaultTransport)}
			response, err := client.Post(server.URL, "text/plain", test.body)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != test.status {
				t.Errorf("status %d, want %d", response.StatusCode, test.status)
			}
			if diff := cmp.Diff(test.seen, seen); diff != "" {
				t.Error(diff)
			}
		})
	}
}
