package owner

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// maxLine bounds a line of a database, in bytes. The longest real ones are
// lists of dependencies of some 20 KiB.
const maxLine = 1 << 20

// errStop ends a scan that has found what it looked for.
var errStop = errors.New("no more")

// scan hands over the lines of r without their ends, in a buffer that the next
// one overwrites. It stops at the first error, its own or that of each.
func scan(r io.Reader, each func(line []byte) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxLine)
	n := 0
	for s.Scan() {
		n++
		switch err := each(s.Bytes()); {
		case errors.Is(err, errStop):
			return nil
		case err != nil:
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("line %d: %w", n+1, err)
	}
	return nil
}

// field splits a line of a control file such as "Version: 1.0". Lines which
// continue the one before have no key.
func field(line []byte) (key, value []byte) {
	if len(line) == 0 || line[0] == ' ' || line[0] == '\t' {
		return nil, nil
	}
	key, value, found := bytes.Cut(line, []byte(":"))
	if !found {
		return nil, nil
	}
	return key, bytes.TrimSpace(value)
}

// within gives the clean path of name as seen from dir, both without a leading
// slash; an absolute name is seen from the root. It is "" where that is the
// root itself or would be above it.
func within(dir, name string) string {
	if strings.HasPrefix(name, "/") {
		dir, name = "", strings.TrimLeft(name, "/")
	}
	p := path.Join(dir, name)
	if p == "." || p == ".." || strings.HasPrefix(p, "../") {
		return ""
	}
	return p
}
