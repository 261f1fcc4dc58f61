package owner

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/analyze/elf"
)

const maxELFSections = 512 // a Go binary has about 40

// tellsOfSections says no to a header of which the table of sections cannot be one.
func tellsOfSections(h elf.Header, size int64) bool {
	t := h.Sections
	return t.Size == 16+6*h.Pointer && t.Count > 0 && t.Count <= maxELFSections &&
		t.Offset >= elf.HeaderSize && t.Offset <= size-int64(t.Bytes())
}

// elfSections are those which have content in the file and are loaded when the
// program runs, as they follow each other in the file.
type elfSections []elfSection

type elfSection struct {
	start, end int64 // offsets into the file
	isWritable bool
}

// parseELFSections reads the section headers.
// https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.sheader.html
func parseELFSections(b []byte, h elf.Header, size int64) elfSections {
	out := elfSections{}
	for ; len(b) >= h.Sections.Size; b = b[h.Sections.Size:] {
		s, ok := parseELFSection(b, h)
		if ok && s.start >= 0 && s.start < s.end && s.end <= size {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b elfSection) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end))
	})
	return out
}

func parseELFSection(b []byte, h elf.Header) (elfSection, bool) {
	const progbits, write, alloc = 1, 1, 2
	var flags, start, length uint64
	if h.Pointer == 8 {
		flags, start, length = h.Order.Uint64(b[8:]), h.Order.Uint64(b[24:]), h.Order.Uint64(b[32:])
	} else {
		flags = uint64(h.Order.Uint32(b[8:]))
		start, length = uint64(h.Order.Uint32(b[16:])), uint64(h.Order.Uint32(b[20:]))
	}
	s := elfSection{start: int64(start), end: int64(start + length), isWritable: flags&write != 0}
	return s, h.Order.Uint32(b[4:]) == progbits && flags&alloc != 0
}

// begin says whether a section begins at an offset.
func (s elfSections) begin(at int64) bool {
	_, there := slices.BinarySearchFunc(s, at, func(e elfSection, at int64) int { return cmp.Compare(e.start, at) })
	return there
}

// writable says whether an offset is in a section that the program may write.
func (s elfSections) writable(at int64) bool {
	return slices.ContainsFunc(s, func(e elfSection) bool { return e.isWritable && e.start <= at && at < e.end })
}

// readELFSections reads the sections of a file that has their headers within
// reach: anywhere in a file read at random, near the front of a stream. It
// gives nil where they are not.
func readELFSections(t *tape, h elf.Header) (elfSections, error) {
	end := h.Sections.Offset + int64(h.Sections.Bytes())
	if t.at == nil && end > tapeWindow {
		return nil, nil
	}
	var b []byte
	var err error
	if t.at == nil {
		if b, err = t.peek(int(end)); err == nil {
			b = b[h.Sections.Offset:]
		}
	} else {
		b = make([]byte, h.Sections.Bytes())
		err = readFullAt(t.at, b, h.Sections.Offset)
	}
	if err != nil {
		return nil, fmt.Errorf("read the section headers at %d: %w", h.Sections.Offset, err)
	}
	return parseELFSections(b, h, t.size), nil
}

// passELFSections reads the sections of a stream that has not come to their
// headers yet.
func passELFSections(t *tape, h elf.Header) (elfSections, error) {
	if t.pos > h.Sections.Offset {
		return nil, nil // they would be inside of what was taken for a part of a Go binary
	}
	if err := t.skip(h.Sections.Offset - t.pos); err != nil {
		return nil, fmt.Errorf("read up to the section headers at %d: %w", h.Sections.Offset, err)
	}
	b, err := t.next(h.Sections.Bytes())
	if err != nil {
		return nil, fmt.Errorf("read the section headers at %d: %w", h.Sections.Offset, err)
	}
	return parseELFSections(b, h, t.size), nil
}
