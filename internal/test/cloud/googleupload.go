package cloud

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// upload is a resumable upload on its way.
// https://docs.cloud.google.com/storage/docs/performing-resumable-uploads
type upload struct {
	bucket, name string
	content      []byte
}

// begin opens an upload. Its ID is a secret: who has it may send the content.
func (s *Storage) begin(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if query.Get("uploadType") != "resumable" || query.Get("name") == "" {
		storageError(http.StatusBadRequest, "required", "Required").ServeHTTP(w, r)
		return
	}
	if _, there := s.object(r.PathValue("bucket"), query.Get("name")); there && query.Get("ifGenerationMatch") == "0" {
		storageError(http.StatusPreconditionFailed, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.").ServeHTTP(w, r)
		return
	}
	id := rand.Text()
	s.google.cloud.Secret(id)
	s.mu.Lock()
	s.uploads[id] = &upload{bucket: r.PathValue("bucket"), name: query.Get("name")}
	s.mu.Unlock()
	w.Header().Set("Location", "https://"+r.Host+r.URL.Path+"?uploadType=resumable&upload_id="+id)
	w.WriteHeader(http.StatusOK)
}

// receive takes a chunk, or tells how much has arrived.
func (s *Storage) receive(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	s.mu.Lock()
	up := s.uploads[r.URL.Query().Get("upload_id")]
	s.mu.Unlock()
	if err != nil || up == nil {
		storageError(http.StatusNotFound, "notFound", "No such upload.").ServeHTTP(w, r)
		return
	}
	total, refusal := s.take(up, r.Header.Get("Content-Range"), data)
	switch {
	case refusal != nil:
		refusal.ServeHTTP(w, r)
	case total == strconv.Itoa(len(up.content)):
		generation := s.write(up.bucket, up.name, up.content)
		answer(http.StatusOK, map[string]string{"bucket": up.bucket, "name": up.name, "generation": strconv.FormatInt(generation, 10)}).ServeHTTP(w, r)
	default:
		if len(up.content) > 0 {
			w.Header().Set("Range", fmt.Sprintf("bytes=0-%d", len(up.content)-1))
		}
		w.WriteHeader(http.StatusPermanentRedirect)
	}
}

// take adds a chunk to what has arrived, and returns the size that the whole is said to have, or *.
func (s *Storage) take(up *upload, header string, data []byte) (total string, refusal http.Handler) {
	span, total, _ := strings.Cut(strings.TrimPrefix(header, "bytes "), "/")
	if span == "*" {
		return total, nil
	}
	want := fmt.Sprintf("%d-%d", len(up.content), len(up.content)+len(data)-1)
	if span != want || total == "*" && len(data)%(256<<10) != 0 {
		return "", storageError(http.StatusBadRequest, "badRequest", fmt.Sprintf("Invalid request. The Content-Range %q does not fit: there are %d bytes, and chunks are multiples of 256 KiB.", header, len(up.content)))
	}
	if s.Broken > 0 {
		s.Broken--
		up.content = append(up.content, data[:len(data)/2]...)
		return "", storageError(http.StatusServiceUnavailable, "backendError", "Backend Error")
	}
	up.content = append(up.content, data...)
	return total, nil
}
