package github

import (
	"net/http"
	"net/http/httptest"
	"slices"
)

// interlude comes before the answer to the next request of its kind.
type interlude struct {
	request string
	play    func(w http.ResponseWriter) http.ResponseWriter
}

// Before lets something happen before the next request of a kind, such as "createCommitOnBranch" or "POST pulls".
func (h *Hub) Before(request string, happens func()) {
	h.next(request, func(w http.ResponseWriter) http.ResponseWriter { happens(); return w })
}

// Answer gives an answer to the next request of a kind, in the API's place.
func (h *Hub) Answer(request string, answer func(http.ResponseWriter)) {
	h.next(request, func(w http.ResponseWriter) http.ResponseWriter { answer(w); return nil })
}

// Lose has the next request of a kind do what it does, and loses the answer on the way: a gateway gives up.
func (h *Hub) Lose(request string) {
	h.next(request, func(w http.ResponseWriter) http.ResponseWriter {
		w.WriteHeader(http.StatusBadGateway)
		return httptest.NewRecorder()
	})
}

func (h *Hub) next(request string, play func(http.ResponseWriter) http.ResponseWriter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.interludes = append(h.interludes, interlude{request, play})
}

// Requests are the kinds of all requests so far, in order.
func (h *Hub) Requests() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.requests...)
}

// interrupt notes a request, and plays what was to come before it. It returns where the answer goes, or nil where there
// is one already.
func (h *Hub) interrupt(w http.ResponseWriter, request string) http.ResponseWriter {
	h.mu.Lock()
	h.requests = append(h.requests, request)
	play := func(w http.ResponseWriter) http.ResponseWriter { return w }
	if i := slices.IndexFunc(h.interludes, func(next interlude) bool { return next.request == request }); i >= 0 {
		play = h.interludes[i].play
		h.interludes = slices.Delete(h.interludes, i, i+1)
	}
	h.mu.Unlock()
	return play(w)
}
