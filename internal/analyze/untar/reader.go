// Package untar reads tar archives as archive/tar does, and the headers that
// most files have in a fifth of the time.
//
// A layer has a header for every file and little else is read of it, so headers
// are most of the work of looking into an image. archive/tar looks at every byte
// of each twice, to tell which of six formats it is in. The plain ones, which
// need no second header and hold nothing but octal numbers, are told at a glance
// and read here; all others, from long names to sparse files, are left to
// archive/tar.
package untar

import (
	"archive/tar"
	"errors"
	"io"
	"strings"
)

// Reader reads an archive front to back. Where the source can seek, payloads
// that nobody reads are skipped.
type Reader struct {
	from  io.Reader
	seek  io.Seeker // nil where from can not
	block [blockSize]byte
	hdr   tar.Header
	left  int64       // of the payload at hand
	pad   int64       // behind it
	slow  *tar.Reader // nil unless only it knows where the entry at hand ends
	err   error
}

const blockSize = 512

// NewReader reads the archive that from holds.
func NewReader(from io.Reader) *Reader {
	r := &Reader{from: from}
	if seek, ok := from.(io.Seeker); ok {
		if _, err := seek.Seek(0, io.SeekCurrent); err == nil {
			r.seek = seek
		}
	}
	return r
}

// Next goes to the next entry; io.EOF says that there is none. The header is
// valid until the next call. These fields of it are set: Typeflag, Name,
// Linkname, Size, Mode, Uid, Gid, ModTime, and PAXRecords.
func (r *Reader) Next() (*tar.Header, error) {
	if r.err != nil {
		return nil, r.err
	}
	hdr, err := r.next()
	r.err = err
	return hdr, err
}

func (r *Reader) next() (*tar.Header, error) {
	if r.slow != nil {
		return r.adopt(r.slow)
	}
	if err := r.skip(); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(r.from, r.block[:]); err != nil {
		return nil, err
	}
	if !plain(&r.block, &r.hdr) {
		return r.adopt(tar.NewReader(&replay{head: r.block[:], rest: r.from}))
	}
	r.enter(&r.hdr)
	return &r.hdr, nil
}

// skip leaves the entry at hand.
func (r *Reader) skip() error {
	if r.left > 1 && r.seek != nil {
		// Not the last byte: reading it tells whether the payload is all there.
		if _, err := r.seek.Seek(r.left-1, io.SeekCurrent); err != nil {
			return err
		}
		r.left = 1
	}
	if _, err := io.CopyN(io.Discard, r.from, r.left); errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	} else if err != nil {
		return err
	}
	_, err := io.ReadFull(r.from, r.block[:r.pad])
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF // the last padding may be missing
	}
	return err
}

// adopt goes on where archive/tar has read a header. It stays in charge of what
// is not simply so many bytes of payload.
func (r *Reader) adopt(slow *tar.Reader) (*tar.Header, error) {
	r.slow = slow
	hdr, err := slow.Next()
	if err != nil {
		return nil, err
	}
	if hdr.Typeflag != tar.TypeXGlobalHeader && !Sparse(hdr) {
		r.slow = nil
		r.enter(hdr)
	}
	return hdr, nil
}

// Sparse reports whether a payload lies in the archive otherwise than as Size
// bytes in a row.
func Sparse(hdr *tar.Header) bool {
	if hdr.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range hdr.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// enter notes what follows a header.
func (r *Reader) enter(hdr *tar.Header) {
	r.left = hdr.Size
	switch hdr.Typeflag {
	case tar.TypeLink, tar.TypeSymlink, tar.TypeChar, tar.TypeBlock, tar.TypeDir, tar.TypeFifo:
		r.left = 0
	}
	r.pad = -r.left & (blockSize - 1)
}

// Read reads the payload of the entry at hand.
func (r *Reader) Read(p []byte) (int, error) {
	switch {
	case r.err != nil:
		return 0, r.err
	case r.slow != nil:
		return r.slow.Read(p)
	case r.left == 0:
		return 0, io.EOF
	}
	n, err := r.from.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	switch {
	case errors.Is(err, io.EOF) && r.left > 0:
		err = io.ErrUnexpectedEOF
	case err == nil && r.left == 0:
		err = io.EOF
	}
	return n, err
}

// replay gives a block once more before what follows it.
type replay struct {
	head []byte
	rest io.Reader
}

func (r *replay) Read(p []byte) (int, error) {
	if len(r.head) == 0 {
		return r.rest.Read(p)
	}
	n := copy(p, r.head)
	r.head = r.head[n:]
	return n, nil
}

// Seek moves in what follows the block; archive/tar seeks over payloads only.
func (r *replay) Seek(offset int64, whence int) (int64, error) {
	if seek, ok := r.rest.(io.Seeker); ok && len(r.head) == 0 {
		return seek.Seek(offset, whence)
	}
	return -1, errors.ErrUnsupported
}
