package registry

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"strings"
)

// spool keeps uploads in progress in files of a directory and hands next each blob whole, as a monolithic upload:
// next itself would hold them in memory and take them one at a time.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks
type spool struct {
	next http.Handler
	dir  *os.Root
}

// ServeHTTP takes the requests to an upload's own location and leaves all others to next.
func (s spool) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	uploads, id := path.Split(req.URL.Path)
	upload := strings.HasSuffix(uploads, "/blobs/uploads/") && id != ""
	switch {
	case upload && req.Method == http.MethodPatch:
		s.patch(w, req, id)
	case upload && req.Method == http.MethodPut:
		s.put(w, req, uploads, id)
	default:
		s.next.ServeHTTP(w, req)
	}
}

// patch appends a chunk.
func (s spool) patch(w http.ResponseWriter, req *http.Request, id string) {
	file, size, err := s.open(id)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer file.Close()
	if chunk := req.Header.Get("Content-Range"); chunk != "" && !strings.HasPrefix(chunk, fmt.Sprintf("%d-", size)) {
		http.Error(w, fmt.Sprintf("chunk %s does not follow the %d bytes received", chunk, size),
			http.StatusRequestedRangeNotSatisfiable)
		return
	}
	received, err := io.Copy(file, req.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Location", req.URL.Path)
	w.Header().Set("Range", fmt.Sprintf("0-%d", size+received-1))
	w.WriteHeader(http.StatusAccepted)
}

// put ends an upload: next checks the digest of what was received and stores it.
func (s spool) put(w http.ResponseWriter, req *http.Request, uploads, id string) {
	file, _, err := s.open(id)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer func() { _ = s.dir.Remove(id) }() // the folder goes with the program
	defer file.Close()
	whole := req.Clone(req.Context())
	whole.Method, whole.URL.Path = http.MethodPost, uploads
	whole.Body = io.NopCloser(io.MultiReader(file, req.Body))
	whole.ContentLength = -1
	w.Header().Set("Location", strings.TrimSuffix(uploads, "uploads/")+req.URL.Query().Get("digest"))
	s.next.ServeHTTP(w, whole)
}

// open opens an upload's file, to be read from its start and written at its end.
func (s spool) open(id string) (file *os.File, size int64, err error) {
	if file, err = s.dir.OpenFile(id, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600); err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}
