package analyze

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/plimsoll-ci/plimsoll/internal/courier"
)

// download is the content of a blob or manifest. Where the connection breaks
// it goes on from there, on a new one.
type download struct {
	ctx    context.Context
	from   registry
	what   request
	size   int64 // -1 when nobody said
	header http.Header
	body   io.ReadCloser
	at     int64 // bytes read so far
	kept   int64 // what at was when the last resumption started
	tries  int   // resumptions in a row that brought little
}

// request names a blob or manifest of a repository.
type request struct {
	kind   string // blobs, manifests
	id     string // digest or tag
	accept string
}

func (r registry) download(ctx context.Context, what request, size int64) (*download, error) {
	d := &download{ctx: ctx, from: r, what: what, size: size}
	if size <= 0 {
		d.size = -1
	}
	return d, d.connect()
}

// connect opens the body at the byte that comes next.
func (d *download) connect() error {
	resp, err := d.from.get(d.ctx, d.what, d.missing()) //nolint:bodyclose // it is d.body, which Close closes
	if err != nil {
		return err
	}
	d.body, d.header = resp.Body, resp.Header
	if d.at == 0 {
		if d.size < 0 {
			d.size = resp.ContentLength
		}
		return nil
	}
	if resp.StatusCode == http.StatusPartialContent {
		return d.continues(resp.Header.Get("Content-Range"))
	}
	if _, err := io.CopyN(io.Discard, d.body, d.at); err != nil { // the server knows no ranges
		return fmt.Errorf("read again up to byte %d: %w", d.at, err)
	}
	return nil
}

// missing is the range of bytes that is still to come, "" for all of them.
func (d *download) missing() string {
	switch {
	case d.at == 0:
		return ""
	case d.size < 0:
		return fmt.Sprintf("bytes=%d-", d.at)
	}
	return fmt.Sprintf("bytes=%d-%d", d.at, d.size-1) // some know no open end
}

// continues checks that a range starts where the last body ended.
// https://www.rfc-editor.org/rfc/rfc9110#field.content-range
func (d *download) continues(contentRange string) error {
	if want := fmt.Sprintf("bytes %d-", d.at); !strings.HasPrefix(contentRange, want) {
		return fmt.Errorf("asked for the bytes from %d on, the registry sent %s", d.at, quote(contentRange))
	}
	return nil
}

func (d *download) Read(p []byte) (int, error) {
	for {
		n, err := d.body.Read(p)
		d.at += int64(n)
		switch {
		case d.size >= 0 && d.at > d.size:
			return 0, fmt.Errorf("longer than the %d bytes announced", d.size)
		case n > 0 || err == nil:
			return n, nil // an error comes again
		case d.at == d.size || d.size < 0 && errors.Is(err, io.EOF):
			return 0, io.EOF
		}
		if err := d.resume(err); err != nil {
			return 0, err
		}
	}
}

// resume continues after cause broke the connection.
func (d *download) resume(cause error) error {
	const little = 1 << 20
	if errors.Is(cause, errStalled) || d.ctx.Err() != nil {
		return cause
	}
	if d.at-d.kept >= little {
		d.tries = 0
	}
	if d.tries == len(d.from.wire.pauses) {
		return d.cut("and so it was on every of %d attempts to go on from there", d.tries)
	}
	d.kept = d.at
	d.body.Close()
	if err := courier.Sleep(d.ctx, d.from.wire.pauses[d.tries]); err != nil {
		return err
	}
	d.tries++
	err := d.connect()
	var answer *transport.Error
	if errors.As(err, &answer) && answer.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return d.cut("and the registry has no more of it: push the image again")
	}
	if err != nil && passing(err) {
		d.body = broken{err}
		return nil
	}
	return err
}

// cut says how much of the content came.
func (d *download) cut(format string, args ...any) error {
	of := ""
	if d.size >= 0 {
		of = fmt.Sprintf(" of %d", d.size)
	}
	return fmt.Errorf("%w: cut short after %d%s bytes, %s", io.ErrUnexpectedEOF, d.at, of, fmt.Sprintf(format, args...))
}

func (d *download) Close() error { return d.body.Close() }

// broken is a body that ended before it began.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }
func (b broken) Close() error             { return nil }
