package owner

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxPath bounds a path in a list of files, in bytes: Linux's PATH_MAX.
const maxPath = 4096

// csvReader reads the first field of each record of a CSV file, as RFC 4180
// has it, with lines that end in LF too. Unlike encoding/csv it bounds the
// memory that one field takes.
// https://www.rfc-editor.org/rfc/rfc4180
type csvReader struct {
	r     *bufio.Reader
	field []byte
}

// next gives the first field of the next record, in a buffer that the one
// after overwrites, and io.EOF after the last.
func (c *csvReader) next() ([]byte, error) {
	c.field = c.field[:0]
	if _, err := c.r.Peek(1); err != nil {
		return nil, err
	}
	if field, ok := c.plain(); ok {
		return field, nil
	}
	for first := true; ; first = false {
		end, err := c.skim(first)
		if err != nil {
			return nil, err
		}
		if end {
			return c.field, nil
		}
	}
}

// plain is next for a record without quotes that is in the buffer to its end,
// as nearly all are. It is much the faster way.
func (c *csvReader) plain() (field []byte, ok bool) {
	buffered, err := c.r.Peek(c.r.Buffered())
	line, _, ends := bytes.Cut(buffered, []byte{'\n'})
	if err != nil || !ends || bytes.IndexByte(line, '"') >= 0 {
		return nil, false
	}
	field, _, _ = bytes.Cut(bytes.TrimSuffix(line, []byte{'\r'}), []byte{','})
	if len(field) > maxPath {
		return nil, false
	}
	_, err = c.r.Discard(len(line) + 1)
	return field, err == nil
}

// skim reads a field, keeps it if told to, and says whether the record ends
// with it.
func (c *csvReader) skim(keep bool) (end bool, err error) {
	quoted := c.take('"')
	for {
		b, err := c.r.ReadByte()
		switch {
		case errors.Is(err, io.EOF) && quoted:
			return false, fmt.Errorf("a quoted field does not end: %w", io.ErrUnexpectedEOF)
		case errors.Is(err, io.EOF):
			return true, nil
		case err != nil:
			return false, err
		case !quoted && (b == ',' || b == '\n'):
			return b == '\n', nil
		case !quoted && b == '\r' && c.peek('\n'):
			continue
		case quoted && b == '"' && !c.take('"'):
			quoted = false
			continue
		}
		if keep {
			c.field = append(c.field, b)
		}
		if len(c.field) > maxPath {
			return false, fmt.Errorf("a path is longer than %d bytes: %.40q…", maxPath, c.field)
		}
	}
}

// peek says whether b comes next.
func (c *csvReader) peek(b byte) bool {
	next, err := c.r.Peek(1)
	return err == nil && next[0] == b
}

// take is peek, and reads it.
func (c *csvReader) take(b byte) bool {
	if !c.peek(b) {
		return false
	}
	_, err := c.r.Discard(1)
	return err == nil
}
