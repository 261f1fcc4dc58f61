package owner

import (
	"bufio"
	"errors"
	"io"
)

// tapeWindow is how many bytes a tape looks ahead at most.
const tapeWindow = 64 << 10

// tape reads a file forwards once, looking ahead. It keeps one window in memory
// whatever is skipped, and jumps where the file can be read at random.
type tape struct {
	r    *bufio.Reader
	at   io.ReaderAt // nil for a stream
	pos  int64
	size int64
}

func newTape(f File) *tape {
	t := &tape{at: f.At, size: f.Size}
	if f.At != nil {
		t.r = bufio.NewReaderSize(io.NewSectionReader(f.At, 0, f.Size), tapeWindow)
	} else {
		t.r = bufio.NewReaderSize(io.LimitReader(f.Body, f.Size), tapeWindow)
	}
	return t
}

// peek gives the next n bytes without moving on. They are good until the next
// call. A file that ends before gives io.ErrUnexpectedEOF.
func (t *tape) peek(n int) ([]byte, error) {
	b, err := t.r.Peek(n)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

// ahead gives what is in memory, but at least n bytes.
func (t *tape) ahead(n int) ([]byte, error) {
	if _, err := t.peek(n); err != nil {
		return nil, err
	}
	return t.r.Peek(t.r.Buffered())
}

// next is peek, and moves on.
func (t *tape) next(n int) ([]byte, error) {
	b, err := t.peek(n)
	if err != nil {
		return nil, err
	}
	return b, t.skip(int64(n))
}

// take is next for more than the window holds.
func (t *tape) take(n int) ([]byte, error) {
	if int64(n) > t.size-t.pos {
		return nil, io.ErrUnexpectedEOF
	}
	b := make([]byte, n)
	k, err := io.ReadFull(t.r, b)
	t.pos += int64(k)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

// text gives what comes before the next NUL byte and moves behind that. Of
// what does not fit the window, only the length is told.
func (t *tape) text() (s []byte, length int64, err error) {
	for {
		b, err := t.r.ReadSlice(0)
		t.pos += int64(len(b))
		length += int64(len(b))
		switch {
		case err == nil && length == int64(len(b)):
			return b[:len(b)-1], length - 1, nil
		case err == nil:
			return nil, length - 1, nil
		case errors.Is(err, io.EOF):
			return nil, length, io.ErrUnexpectedEOF
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, length, err
		}
	}
}

// skip moves on by n bytes.
func (t *tape) skip(n int64) error {
	if n > t.size-t.pos {
		return io.ErrUnexpectedEOF
	}
	if t.at != nil && n > int64(t.r.Buffered()) {
		t.pos += n
		t.r.Reset(io.NewSectionReader(t.at, t.pos, t.size-t.pos))
		return nil
	}
	for n > 0 {
		k, err := t.r.Discard(int(min(n, 1<<30)))
		t.pos += int64(k)
		n -= int64(k)
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readFullAt fills b from an offset of a file, or fails.
func readFullAt(at io.ReaderAt, b []byte, offset int64) error {
	n, err := at.ReadAt(b, offset)
	switch {
	case n == len(b):
		return nil
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	}
	return err
}
