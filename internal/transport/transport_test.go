package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

const short = 200 * time.Millisecond

// limits let a busy machine take its time; pauses are short.
func limits() transport.Limits {
	return transport.Limits{
		Connect: 10 * time.Second, Headers: 10 * time.Second, Silence: 10 * time.Second,
		Attempts: 3, Pause: time.Millisecond, MaxPause: 3 * time.Second,
	}
}

// strict are for servers that are to go beyond them.
func strict() transport.Limits {
	l := limits()
	l.Connect, l.Headers, l.Silence = short, short, short
	return l
}

func serve(t *testing.T, handler http.HandlerFunc) (url string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return server.URL
}

// get reads an answer to its end.
func get(t *testing.T, rt http.RoundTripper, url string) (string, error) {
	t.Helper()
	response, err := (&http.Client{Transport: rt}).Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return string(content), err
}

func TestEvery_service_has_limits(t *testing.T) {
	for s := transport.Registry; s <= transport.BuildKit; s++ {
		if l := transport.For(s); l.Connect <= 0 || l.Headers <= 0 || l.Attempts < 1 {
			t.Errorf("service %d: %+v", s, l)
		}
	}
}

// What a client keeps in memory has a size. Blobs and what BuildKit sends are read as streams, and bounded there.
func TestEvery_service_bounds_what_is_kept(t *testing.T) {
	for s := transport.Registry; s <= transport.BuildKit; s++ {
		isStream := s <= transport.RegistryUpload || s == transport.BuildKit // all kinds of registries
		if l := transport.For(s); l.Size <= 0 && !isStream {
			t.Errorf("service %d: %+v", s, l)
		}
	}
}

func TestLimit_ends_an_answer_without_end(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	l := limits()
	l.Size, l.Stream = 3<<20, func(r *http.Request) bool { return r.URL.Query().Has("watch") }
	_, err := get(t, transport.New(l), url)
	host := strings.TrimPrefix(url, "http://")
	if got := (*transport.SizeError)(nil); !errors.As(err, &got) ||
		err.Error() != host+": its answer is longer than 3 MiB" {
		t.Errorf("got error %v, want a *SizeError", err)
	}
	response, err := (&http.Client{Transport: transport.New(l)}).Get(url + "?watch")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if n, err := io.CopyN(io.Discard, response.Body, 4<<20); err != nil {
		t.Errorf("a stream ended after %d bytes: %v", n, err)
	}
}

func TestLimit_ends_each_wait(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	write := func(w http.ResponseWriter, text string) {
		fmt.Fprint(w, text)
		w.(http.Flusher).Flush()
	}
	tests := []struct {
		name    string
		url     func(*testing.T) string
		limits  func(*transport.Limits)
		want    transport.TimeoutError
		message string
	}{
		{"no_connection", silentTLS, nil,
			transport.TimeoutError{Phase: transport.Connecting, Limit: short}, "HOST: no connection within 200ms"},
		{"no_answer", func(t *testing.T) string { return serve(t, hang) }, nil,
			transport.TimeoutError{Phase: transport.Answering, Limit: short}, "HOST: nothing received for 200ms"},
		{"a_body_that_stalls", func(t *testing.T) string {
			return serve(t, func(w http.ResponseWriter, r *http.Request) { write(w, "ten bytes!"); hang(w, r) })
		}, nil, transport.TimeoutError{Phase: transport.Receiving, Limit: short, Received: 10},
			"HOST: nothing received for 200ms, after 10 bytes of its answer"},
		{"a_body_that_drips", func(t *testing.T) string {
			return serve(t, func(w http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					write(w, ".")
					time.Sleep(short / 10)
				}
			})
		}, func(l *transport.Limits) { l.Total = 2 * short },
			transport.TimeoutError{Phase: transport.Whole, Limit: 2 * short}, "HOST: not done after 400ms"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := strict()
			if test.limits != nil {
				test.limits(&l)
			}
			url := test.url(t)
			began := time.Now()
			_, err := get(t, transport.New(l), url)
			var got *transport.TimeoutError
			if !errors.As(err, &got) {
				t.Fatalf("got error %v, want a *TimeoutError", err)
			}
			_, test.want.Host, _ = strings.Cut(url, "://")
			if diff := cmp.Diff(test.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if text := strings.ReplaceAll(got.Error(), test.want.Host, "HOST"); text != test.message {
				t.Errorf("got %q, want %q", text, test.message)
			}
			if took := time.Since(began); took > 3*time.Minute {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// silentTLS accepts connections and never shakes hands.
func silentTLS(t *testing.T) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return "https://" + listener.Addr().String()
}

func TestLimit_counts_silence_only_while_somebody_reads(t *testing.T) {
	l := limits()
	l.Silence = short
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "all") })
	response, err := (&http.Client{Transport: transport.New(l)}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	time.Sleep(3 * short)
	if content, err := io.ReadAll(response.Body); string(content) != "all" || err != nil {
		t.Errorf("got %q, %v", content, err)
	}
}

func TestLimit_lets_an_upload_last_while_it_moves(t *testing.T) {
	l := limits()
	l.Headers = time.Second // ten pieces take longer than it, and each far less
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	reader, writer := io.Pipe()
	go func() {
		for range 10 {
			time.Sleep(l.Headers / 5)
			_, _ = writer.Write(make([]byte, 1000))
		}
		writer.Close()
	}()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, reader)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Transport: transport.New(l)}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}

func TestLimit_leaves_watches_alone(t *testing.T) {
	l := transport.For(transport.Cluster)
	l.Silence = short
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		select {
		case <-time.After(3 * short):
			fmt.Fprint(w, "event")
		case <-r.Context().Done():
		}
	})
	if got, err := get(t, transport.New(l), url+"?watch=true"); got != "event" || err != nil {
		t.Errorf("watch: got %q, %v", got, err)
	}
	if _, err := get(t, transport.New(l), url); err == nil {
		t.Error("a list that stalls came to no end")
	}
}

func TestLimit_says_that_the_caller_was_interrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { interrupt(); <-r.Context().Done() })
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = (&http.Client{Transport: transport.New(limits())}).Do(request); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want one that says it was cancelled", err)
	}
}

func TestRetrier_repeats_what_does_no_harm(t *testing.T) {
	tests := []struct {
		name, method string
		status       int
		after        string
		want         int32 // requests
	}{
		{"get_after_500", http.MethodGet, 500, "", 3},
		{"get_after_404", http.MethodGet, 404, "", 1},
		{"put_after_502", http.MethodPut, 502, "", 3},
		{"post_after_500", http.MethodPost, 500, "", 1},
		{"post_after_429", http.MethodPost, 429, "", 3},
		{"post_after_503", http.MethodPost, 503, "", 1},
		{"post_after_503_that_names_a_time", http.MethodPost, 503, "0", 3},
		{"longer_than_anyone_waits", http.MethodGet, 429, "3600", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var asked atomic.Int32
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				if body, _ := io.ReadAll(r.Body); string(body) != "body" {
					t.Errorf("request %d has body %q", asked.Load(), body)
				}
				w.Header().Set("Retry-After", test.after)
				w.WriteHeader(test.status)
			})
			request, err := http.NewRequestWithContext(t.Context(), test.method, url, strings.NewReader("body"))
			if err != nil {
				t.Fatal(err)
			}
			response, err := (&http.Client{Transport: transport.New(limits())}).Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if asked.Load() != test.want || response.StatusCode != test.status {
				t.Errorf("%d requests, status %d; want %d, %d", asked.Load(), response.StatusCode, test.want, test.status)
			}
		})
	}
}

func TestRetrier_repeats_after_broken_connections(t *testing.T) {
	var asked atomic.Int32
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 3 {
			connection, _, _ := w.(http.Hijacker).Hijack()
			connection.Close()
			return
		}
		fmt.Fprint(w, "at last")
	})
	if got, err := get(t, transport.New(limits()), url); got != "at last" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	asked.Store(0)
	response, err := (&http.Client{Transport: transport.New(limits())}).Post(url, "text/plain", strings.NewReader("once"))
	if err == nil {
		response.Body.Close()
		t.Errorf("a POST that may have had its effect was sent %d times", asked.Load())
	}
}

// Whoever reads a body knows neither whose it is nor how much has come.
func TestLimit_names_the_host_of_an_answer_that_breaks_off(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		fmt.Fprint(w, "half")
	})
	_, err := get(t, transport.New(limits()), url)
	want := strings.TrimPrefix(url, "http://") + ": the answer broke off after 4 bytes: unexpected EOF"
	if err == nil || err.Error() != want || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got error %v, want %s", err, want)
	}
}

func TestRetrier_pauses_as_long_as_it_is_asked_to(t *testing.T) {
	var asked atomic.Int32
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	began := time.Now()
	if _, err := get(t, transport.New(limits()), url); err != nil || time.Since(began) < time.Second {
		t.Errorf("error %v after %s, want none after 1s", err, time.Since(began))
	}
}

func TestSameHost_keeps_credentials_at_home(t *testing.T) {
	other := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the other host was asked") })
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/here", http.StatusTemporaryRedirect)
		} else if r.URL.Path != "/here" {
			http.Redirect(w, r, other, http.StatusTemporaryRedirect)
		}
	})
	client := &http.Client{Transport: transport.New(limits()), CheckRedirect: transport.SameHost}
	if response, err := client.Get(url + "/away"); err == nil {
		response.Body.Close()
		t.Error("it went to another host")
	}
	response, err := client.Get(url + "/moved")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}
