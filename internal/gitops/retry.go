package gitops

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// retrier sends a request again where GitHub is overloaded, or asks to slow down:
// https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
//
// A commit that was made although its answer got lost is not made twice: the branch has moved then, and the next look
// finds this run's mark.
type retrier struct{ inner http.RoundTripper }

// tries is how often a request is sent, maxWait how long it waits at most before the next time.
const (
	tries   = 4
	maxWait = 2 * time.Minute
)

// RoundTrip implements http.RoundTripper.
func (r *retrier) RoundTrip(request *http.Request) (*http.Response, error) {
	for try := 1; ; try++ {
		response, err := r.inner.RoundTrip(request)
		wait, again := pause(response, err, try)
		if !again || try == tries || wait > maxWait || !rewind(request) {
			return response, err
		}
		if err == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be used again
			response.Body.Close()
		}
		select {
		case <-request.Context().Done():
			return nil, request.Context().Err()
		case <-time.After(wait):
		}
	}
}

// pause tells whether to try again, and when.
func pause(response *http.Response, err error, try int) (time.Duration, bool) {
	soon := time.Duration(try) * 500 * time.Millisecond
	if err != nil {
		return soon, errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)
	}
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	asked := time.Duration(seconds) * time.Second
	switch response.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return max(asked, soon), true
	case http.StatusForbidden, http.StatusTooManyRequests:
		if err == nil {
			return asked, true
		}
		return time.Minute, isSecondary(response)
	}
	return 0, false
}

// isSecondary tells the limit on how much is written at once. GitHub wants a minute of silence after it.
func isSecondary(response *http.Response) bool {
	body, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	response.Body = readCloser{io.MultiReader(bytes.NewReader(body), response.Body), response.Body}
	return bytes.Contains(body, []byte("secondary rate limit"))
}

type readCloser struct {
	io.Reader
	io.Closer
}

// rewind makes a request's body ready to be sent again.
func rewind(request *http.Request) bool {
	if request.GetBody == nil {
		return request.Body == nil
	}
	body, err := request.GetBody()
	request.Body = body
	return err == nil
}
