package analyze

import (
	"archive/tar"
	"errors"
	"io"

	"github.com/plimsoll-ci/plimsoll/internal/analyze/untar"
)

// section is a part of a file that can be read at random. It reads ahead a
// little, and a seek within what it has read costs nothing: the headers of
// small files lie close together.
type section struct {
	io.SectionReader
	pos    int64
	window []byte // what was read last, which starts at from
	from   int64
	buf    []byte
}

// readAhead is small enough that little is read in vain before the seek past a
// large file, and large enough to hold a few small ones.
const readAhead = 8 << 10

func newSection(r io.ReaderAt, offset, size int64) *section {
	return &section{SectionReader: *io.NewSectionReader(r, offset, size), buf: make([]byte, readAhead)}
}

func (s *section) Read(p []byte) (int, error) {
	at := s.pos - s.from
	if at < 0 || at >= int64(len(s.window)) {
		if len(p) >= len(s.buf) {
			n, err := s.ReadAt(p, s.pos)
			s.pos += int64(n)
			return n, err
		}
		n, err := s.ReadAt(s.buf, s.pos)
		if n == 0 {
			return 0, err
		}
		s.window, s.from, at = s.buf[:n], s.pos, 0
	}
	n := copy(p, s.window[at:])
	s.pos += int64(n)
	return n, nil
}

func (s *section) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.pos
	case io.SeekEnd:
		offset += s.Size()
	}
	if offset < 0 {
		return s.pos, errors.New("seek before the start of the layer")
	}
	s.pos = offset
	return offset, nil
}

// rest is the payload of the file whose header was read last; nil where the
// payload does not lie there as it is.
func (s *section) rest(hdr *tar.Header) io.ReaderAt {
	if untar.Sparse(hdr) {
		return nil
	}
	return io.NewSectionReader(&s.SectionReader, s.pos, hdr.Size)
}
