package cloudbuild

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
)

const (
	// chunkSize is how much is sent at once, and held in memory; all chunks but the last are multiples of 256 KiB.
	chunkSize = 8 << 20
	// chunkTimeout lets a chunk pass at 0.3 Mbit/s.
	chunkTimeout = 4 * time.Minute
	// chunkTries is how often a chunk is begun before the upload is given up.
	chunkTries = 5
)

// upload is a resumable upload of content whose size is not known before its end.
// https://docs.cloud.google.com/storage/docs/performing-resumable-uploads#chunked-upload
type upload struct {
	store *storage
	name  string
	// id is known to this job alone: who has it may go on with the upload.
	id   string
	sent int64
}

// upload streams content into a new object and returns it, and its size.
func (s *storage) upload(ctx context.Context, name string, content io.Reader) (object, int64, error) {
	u := &upload{store: s, name: name}
	if err := s.retry(ctx, "Cloud Storage refused the source", u.begin); err != nil {
		return object{}, 0, err
	}
	buffered, chunk := bufio.NewReader(content), make([]byte, chunkSize)
	for {
		n, err := io.ReadFull(buffered, chunk)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			return object{}, 0, err
		}
		_, end := buffered.Peek(1)
		done, err := u.put(ctx, chunk[:n], errors.Is(end, io.EOF))
		if err != nil {
			return object{}, 0, err
		}
		if done != nil {
			return *done, u.sent, nil
		}
	}
}

// begin asks for an upload. The object must not be there yet.
func (u *upload) begin(ctx context.Context) error {
	query := url.Values{"uploadType": {"resumable"}, "name": {u.name}, "ifGenerationMatch": {"0"}}
	response, err := u.store.api.Do(ctx, googleapi.Call{
		Doing: u.doing(), Method: http.MethodPost, Host: storageHost, Path: u.path(query),
		Header: http.Header{"X-Upload-Content-Type": {"application/gzip"}}, Body: map[string]string{"contentType": "application/gzip"},
	})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	location, err := response.Location()
	if err != nil || location.Query().Get("upload_id") == "" {
		return fmt.Errorf("%s: Cloud Storage answered %s without the address of an upload", u.doing(), response.Status)
	}
	u.id = location.Query().Get("upload_id")
	return nil
}

func (u *upload) doing() string { return "uploading gs://" + u.store.bucket + "/" + u.name }

func (u *upload) path(query url.Values) string {
	return "/upload/storage/v1/b/" + url.PathEscape(u.store.bucket) + "/o?" + query.Encode()
}

// put sends a chunk and, after a failure that may pass, what Cloud Storage does not have of it. It returns the object
// once that is whole.
func (u *upload) put(ctx context.Context, chunk []byte, last bool) (*object, error) {
	end, total := u.sent+int64(len(chunk)), "*"
	if last {
		total = strconv.FormatInt(end, 10)
	}
	for try := 1; ; try++ {
		done, err := u.send(ctx, chunk[len(chunk)-int(end-u.sent):], total)
		if done != nil || err == nil && u.sent == end {
			return done, nil
		}
		if err == nil {
			err = fmt.Errorf("%s: Cloud Storage keeps %d bytes and takes no more", u.doing(), u.sent)
		} else if !googleapi.MayPass(err) {
			return nil, err
		}
		if ctx.Err() != nil || try == chunkTries {
			return nil, err
		}
		sleep(ctx, time.Duration(try)*time.Second/2)
		if done, err = u.send(ctx, nil, total); done != nil { // asks what has arrived
			return done, err
		}
	}
}

// send sends data, or asks how far the upload is where there is none, and notes what has arrived by then.
func (u *upload) send(ctx context.Context, data []byte, total string) (*object, error) {
	span := "*"
	if len(data) > 0 {
		span = fmt.Sprintf("%d-%d", u.sent, u.sent+int64(len(data))-1)
	}
	response, err := u.store.api.Do(ctx, googleapi.Call{
		Doing: u.doing(), Method: http.MethodPut, Host: storageHost, Path: u.path(url.Values{"uploadType": {"resumable"}, "upload_id": {u.id}}),
		Header: http.Header{"Content-Range": {"bytes " + span + "/" + total}}, Body: data, Timeout: chunkTimeout,
	})
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusPermanentRedirect { // 308 stands for "resume incomplete" here
		u.sent, err = arrived(response.Header.Get("Range"))
		return nil, err
	}
	done := &object{}
	if err := json.NewDecoder(response.Body).Decode(done); err != nil {
		return nil, fmt.Errorf("%s: reading the answer of Cloud Storage: %w", u.doing(), err)
	}
	u.sent += int64(len(data))
	return done, nil
}

// arrived reads how many bytes Cloud Storage has: bytes=0-N, or nothing at all.
func arrived(header string) (int64, error) {
	if header == "" {
		return 0, nil
	}
	_, last, _ := strings.Cut(header, "-")
	n, err := strconv.ParseInt(last, 10, 64)
	return n + 1, err
}

// sleep pauses, or returns when ctx ends.
func sleep(ctx context.Context, pause time.Duration) {
	select {
	case <-time.After(pause):
	case <-ctx.Done():
	}
}
