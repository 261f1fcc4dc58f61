package analyze

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// scanned is all that is kept of a layer once it was read.
type scanned struct {
	*content
	diffID     string       // "" when the content was not hashed
	digest     string       // of the blob as stored, "" when it was not hashed
	blob       record.Bytes // length of the blob as stored
	unpacked   record.Bytes // length of the tar
	compressed bool
	estimate   record.Bytes
	estimated  bool
	exact      bool // the estimate is of all of the layer
}

// scanner reads layers.
type scanner struct {
	ctx      context.Context
	budget   *budget
	estimate bool // also of layers that are compressed already
	exact    bool // estimates, of all of a layer
	digests  bool // hash the blobs as they are stored
	contents bool // hash what they unpack to
}

// block is how much is hashed at a time. Large enough that the hash runs at
// full speed, small enough to stay in the cache until tar has looked at it.
const block = 128 << 10

// layer reads one blob of size bytes, -1 where that is not known: to its end, or where it is an uncompressed file that
// can be read at random and whose content is trusted, only what is needed.
func (s *scanner) layer(r io.Reader, size int64) (*scanned, error) {
	if at, ok := r.(sizedReaderAt); ok && !s.digests && !s.contents {
		head := make([]byte, len(magicZstd))
		if n, _ := at.ReadAt(head, 0); compressionOf(head[:n]) == "" {
			return s.file(at)
		}
	}
	raw := newHashed(s.ctx, r, s.digests)
	in := bufio.NewReaderSize(raw, block)
	head, err := in.Peek(len(magicZstd))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	format := compressionOf(head)
	plain, err := inflate(in, format)
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	out, err := s.stream(plain, raw, format, unpackedSize(format, size))
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, in); err != nil { // padding behind the compressed data
		return nil, err
	}
	out.digest, out.blob = raw.digest(), record.Bytes(raw.n)
	return out, nil
}

// unpackedSize is what a blob unpacks to, -1 where that is not known.
func unpackedSize(format string, size int64) int64 {
	if format != "" {
		return -1
	}
	return size
}

// sizedReaderAt is what can be read at random.
type sizedReaderAt interface {
	io.ReaderAt
	Size() int64
}

// file reads the headers of a tar where they lie, and what is estimated of it.
func (s *scanner) file(at sizedReaderAt) (*scanned, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	size := at.Size()
	if err := s.budget.inflate(int(size)); err != nil {
		return nil, err
	}
	e := newEstimator(size, s.exact)
	failed := make(chan error, 1)
	go func() { failed <- e.readAt(at, size) }()
	in := newSection(at, 0, size)
	c, err := walk(tape{Reader: in, at: in}, s.budget)
	if err = cmp.Or(err, <-failed); err != nil {
		e.Close()
		return nil, cutShort(err, size)
	}
	return &scanned{content: c, blob: record.Bytes(size), unpacked: record.Bytes(size), estimate: e.Close(), estimated: true, exact: s.exact}, nil
}

// stream hashes, estimates and walks the inflated tar.
func (s *scanner) stream(plain io.Reader, raw *hashed, format string, size int64) (*scanned, error) {
	out := &scanned{compressed: format != ""}
	t := &tee{from: plain, raw: raw, budget: s.budget, buf: make([]byte, block), ratio: out.compressed}
	if s.contents {
		t.sum = sha256.New()
	}
	if s.estimate || !out.compressed {
		e := newEstimator(size, s.exact)
		t.copy = e
		defer func() { out.estimate, out.estimated, out.exact = e.Close(), true, s.exact }()
	}
	c, err := walk(tape{Reader: t}, s.budget)
	if err == nil {
		_, err = io.Copy(io.Discard, t)
	}
	if t.err != nil && !errors.Is(t.err, io.EOF) {
		err = t.err // what the tar reader makes of it says less
	}
	if err != nil {
		return nil, cutShort(err, t.n)
	}
	out.content, out.diffID, out.unpacked = c, digestOf(t.sum), record.Bytes(t.n)
	return out, nil
}

// cutShort says of an unexpected end where it came.
func cutShort(err error, n int64) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: the layer is cut short after %d bytes unpacked", err, n)
	}
	return err
}

var (
	magicGzip = []byte{0x1f, 0x8b}
	magicZstd = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// compressionOf tells from a blob's first bytes what it is compressed with.
// Media types are not asked: save streams have none and some tools lie.
func compressionOf(head []byte) string {
	switch {
	case bytes.HasPrefix(head, magicGzip):
		return "gzip"
	case bytes.HasPrefix(head, magicZstd):
		return "zstd"
	}
	return ""
}

func inflate(r io.Reader, format string) (io.ReadCloser, error) {
	switch format {
	case "gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("inflate gzip: %w", err)
		}
		return z, nil
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdMax))
		if err != nil {
			return nil, fmt.Errorf("inflate zstd: %w", err)
		}
		return z.IOReadCloser(), nil
	}
	return io.NopCloser(r), nil
}

// hashed counts and hashes what is read through it, until ctx ends.
type hashed struct {
	from io.Reader
	ctx  context.Context
	sum  hash.Hash // nil: it is only counted
	n    int64
}

func newHashed(ctx context.Context, r io.Reader, hash bool) *hashed {
	if !hash {
		return &hashed{from: r, ctx: ctx}
	}
	return &hashed{from: r, ctx: ctx, sum: sha256.New()}
}

func (h *hashed) Read(p []byte) (int, error) {
	if err := h.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := h.from.Read(p)
	if h.sum != nil {
		h.sum.Write(p[:n])
	}
	h.n += int64(n)
	return n, err
}

func (h *hashed) digest() string { return digestOf(h.sum) }

// digestOf is "" where nothing was hashed.
func digestOf(h hash.Hash) string {
	if h == nil {
		return ""
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// tee hands inflated bytes to the tar reader, after it hashed, counted and
// copied them a block at a time.
type tee struct {
	from   io.Reader
	raw    *hashed
	budget *budget
	sum    hash.Hash // nil: nobody asks for the DiffID
	copy   io.Writer // nil: nobody wants a copy
	buf    []byte
	ready  []byte // part of buf that was not handed out yet
	n      int64
	ratio  bool // the input was compressed, so its ratio is bounded
	err    error
}

func (t *tee) Read(p []byte) (int, error) {
	if len(t.ready) == 0 {
		t.fill()
	}
	if len(t.ready) == 0 {
		return 0, t.err
	}
	n := copy(p, t.ready)
	t.ready = t.ready[n:]
	return n, nil
}

func (t *tee) fill() {
	for len(t.ready) == 0 && t.err == nil {
		var n int
		n, t.err = t.from.Read(t.buf)
		t.ready = t.buf[:n]
	}
	t.n += int64(len(t.ready))
	if t.sum != nil {
		t.sum.Write(t.ready)
	}
	if t.copy != nil {
		_, _ = t.copy.Write(t.ready) // an estimator takes everything
	}
	if err := t.check(); err != nil && (t.err == nil || errors.Is(t.err, io.EOF)) {
		t.ready, t.err = nil, err
	}
}

// check stops decompression bombs before they cost more than a few seconds.
func (t *tee) check() error {
	if t.ratio && t.n > ratioFrom && t.n > t.raw.n*t.budget.Ratio {
		return fmt.Errorf("unpacks to more than %d times its compressed size (%d bytes from %d): a decompression bomb", t.budget.Ratio, t.n, t.raw.n)
	}
	return t.budget.inflate(len(t.ready))
}
