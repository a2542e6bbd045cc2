package cloudbuild

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
)

// upload is a resumable upload on its way.
// https://docs.cloud.google.com/storage/docs/performing-resumable-uploads
type upload struct {
	bucket, name string
	content      []byte
}

// insert makes an object: of a multipart body at once, or of the chunks of a resumable upload. A POST with an upload's
// ID brings a chunk, as a PUT does.
func (s *Storage) insert(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	name := query.Get("name")
	if query.Get("uploadType") == "multipart" {
		s.multipart(w, r)
		return
	}
	if query.Get("upload_id") != "" {
		s.receive(w, r)
		return
	}
	if name == "" {
		var metadata struct{ Name string }
		_ = json.NewDecoder(r.Body).Decode(&metadata) // none leaves no name, which is refused below
		name = metadata.Name
	}
	if query.Get("uploadType") != "resumable" || name == "" {
		storageError(http.StatusBadRequest, "required", "Required").ServeHTTP(w, r)
		return
	}
	if refusal := s.taken(r, name); refusal != nil {
		refusal.ServeHTTP(w, r)
		return
	}
	s.begin(w, r, name)
}

// begin opens an upload. Its ID is a secret: who has it may send the content.
func (s *Storage) begin(w http.ResponseWriter, r *http.Request, name string) {
	id := rand.Text()
	s.google.Cloud.Secret(id)
	s.mu.Lock()
	s.uploads[id] = &upload{bucket: r.PathValue("bucket"), name: name}
	s.mu.Unlock()
	w.Header().Set("Location", "https://"+r.Host+r.URL.Path+"?uploadType=resumable&upload_id="+id)
	w.WriteHeader(http.StatusOK)
}

// taken refuses an object that exists, where the request wants it not to.
func (s *Storage) taken(r *http.Request, name string) http.Handler {
	if _, there := s.object(r.PathValue("bucket"), name); there && r.URL.Query().Get("ifGenerationMatch") == "0" {
		return storageError(http.StatusPreconditionFailed, "conditionNotMet",
			"At least one of the pre-conditions you specified did not hold.")
	}
	return nil
}

// multipart reads the object's metadata and its content from one body.
// https://docs.cloud.google.com/storage/docs/uploading-objects#rest-upload-objects
func (s *Storage) multipart(w http.ResponseWriter, r *http.Request) {
	_, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	parts := multipart.NewReader(r.Body, parameters["boundary"])
	var metadata struct{ Name string }
	part, err := parts.NextPart()
	if err == nil {
		err = json.NewDecoder(part).Decode(&metadata)
	}
	if err == nil {
		part, err = parts.NextPart()
	}
	if err != nil || metadata.Name == "" {
		storageError(http.StatusBadRequest, "required", "Required").ServeHTTP(w, r)
		return
	}
	content, err := io.ReadAll(part)
	refusal := s.taken(r, metadata.Name)
	if err != nil {
		refusal = storageError(http.StatusBadRequest, "badRequest", err.Error())
	}
	if refusal != nil {
		refusal.ServeHTTP(w, r)
		return
	}
	s.made(w, r, r.PathValue("bucket"), metadata.Name, content)
}

// made keeps the object, and answers with it.
func (s *Storage) made(w http.ResponseWriter, r *http.Request, bucket, name string, content []byte) {
	generation := s.write(bucket, name, content)
	cloud.Answer(http.StatusOK, map[string]string{"bucket": bucket, "name": name,
		"generation": strconv.FormatInt(generation, 10)}).ServeHTTP(w, r)
}

// receive takes a chunk, or says how much has arrived.
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
		s.made(w, r, up.bucket, up.name, up.content)
	default:
		s.incomplete(w, r, up)
	}
}

// incomplete says how much has arrived: with 308, which means something else since RFC 7238, or as Google's libraries
// ask for it.
func (s *Storage) incomplete(w http.ResponseWriter, r *http.Request, up *upload) {
	if len(up.content) > 0 {
		w.Header().Set("Range", fmt.Sprintf("bytes=0-%d", len(up.content)-1))
	}
	if r.Header.Get("X-GUploader-No-308") == "yes" {
		w.Header().Set("X-Http-Status-Code-Override", "308")
		w.WriteHeader(http.StatusOK)
		return
	}
	w.WriteHeader(http.StatusPermanentRedirect)
}

// take adds a chunk to what has arrived, less what was there before, and returns the size that the whole is said to
// have, or *. https://docs.cloud.google.com/storage/docs/performing-resumable-uploads#resume-upload
func (s *Storage) take(up *upload, header string, data []byte) (total string, refusal http.Handler) {
	span, total, _ := strings.Cut(strings.TrimPrefix(header, "bytes "), "/")
	if span == "*" {
		return total, nil
	}
	var first, last int
	_, err := fmt.Sscanf(span, "%d-%d", &first, &last)
	if err != nil || last-first+1 != len(data) || first > len(up.content) || total == "*" && len(data)%(256<<10) != 0 {
		return "", storageError(http.StatusBadRequest, "badRequest",
			fmt.Sprintf("Invalid request. The Content-Range %q does not fit: there are %d bytes, and chunks are multiples of "+
				"256 KiB.", header, len(up.content)))
	}
	news := data[min(len(data), len(up.content)-first):]
	if s.Broken > 0 {
		s.Broken--
		up.content = append(up.content, news[:len(news)/2]...)
		return "", storageError(http.StatusServiceUnavailable, "backendError", "Backend Error")
	}
	up.content = append(up.content, news...)
	return total, nil
}
