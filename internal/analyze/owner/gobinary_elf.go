package owner

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
)

// elfHeader is what is needed of the header of an ELF file:
// https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
type elfHeader struct {
	order       binary.ByteOrder
	pointer     int   // bytes of an address: 4 or 8
	table       int64 // offset of the section headers into the file
	sections    int
	sectionSize int // bytes of one section header
}

const (
	elfHeaderSize  = 64
	maxELFSections = 512 // a Go binary has about 40
)

// parseELFHeader reads the first 64 bytes of a file. It says no to what is not
// ELF, and to what tells of no sections.
func parseELFHeader(b []byte, size int64) (h elfHeader, ok bool) {
	if len(b) < elfHeaderSize || !bytes.HasPrefix(b, []byte("\x7fELF")) {
		return h, false
	}
	switch b[5] {
	case 1:
		h.order = binary.LittleEndian
	case 2:
		h.order = binary.BigEndian
	default:
		return h, false
	}
	switch b[4] {
	case 1:
		h.pointer, h.table = 4, int64(h.order.Uint32(b[32:]))
		h.sectionSize, h.sections = int(h.order.Uint16(b[46:])), int(h.order.Uint16(b[48:]))
	case 2:
		h.pointer, h.table = 8, int64(h.order.Uint64(b[40:]))
		h.sectionSize, h.sections = int(h.order.Uint16(b[58:])), int(h.order.Uint16(b[60:]))
	default:
		return h, false
	}
	return h, h.hasTable(size)
}

func (h elfHeader) hasTable(size int64) bool {
	return h.sectionSize == 16+6*h.pointer && h.sections > 0 && h.sections <= maxELFSections &&
		h.table >= elfHeaderSize && h.table <= size-int64(h.tableSize())
}

func (h elfHeader) tableSize() int { return h.sections * h.sectionSize }

// elfSections are those which have content in the file and are loaded when the
// program runs, as they follow each other in the file.
type elfSections []elfSection

type elfSection struct {
	start, end int64 // offsets into the file
	isWritable bool
}

// parseELFSections reads the section headers.
// https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.sheader.html
func parseELFSections(b []byte, h elfHeader, size int64) elfSections {
	out := elfSections{}
	for ; len(b) >= h.sectionSize; b = b[h.sectionSize:] {
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

func parseELFSection(b []byte, h elfHeader) (elfSection, bool) {
	const progbits, write, alloc = 1, 1, 2
	var flags, start, length uint64
	if h.pointer == 8 {
		flags, start, length = h.order.Uint64(b[8:]), h.order.Uint64(b[24:]), h.order.Uint64(b[32:])
	} else {
		flags = uint64(h.order.Uint32(b[8:]))
		start, length = uint64(h.order.Uint32(b[16:])), uint64(h.order.Uint32(b[20:]))
	}
	s := elfSection{start: int64(start), end: int64(start + length), isWritable: flags&write != 0}
	return s, h.order.Uint32(b[4:]) == progbits && flags&alloc != 0
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
func readELFSections(t *tape, h elfHeader) (elfSections, error) {
	end := h.table + int64(h.tableSize())
	if t.at == nil && end > tapeWindow {
		return nil, nil
	}
	var b []byte
	var err error
	if t.at == nil {
		if b, err = t.peek(int(end)); err == nil {
			b = b[h.table:]
		}
	} else {
		b = make([]byte, h.tableSize())
		err = readFullAt(t.at, b, h.table)
	}
	if err != nil {
		return nil, fmt.Errorf("read the section headers at %d: %w", h.table, err)
	}
	return parseELFSections(b, h, t.size), nil
}

// passELFSections reads the sections of a stream that has not come to their
// headers yet.
func passELFSections(t *tape, h elfHeader) (elfSections, error) {
	if t.pos > h.table {
		return nil, nil // they would be inside of what was taken for a part of a Go binary
	}
	if err := t.skip(h.table - t.pos); err != nil {
		return nil, fmt.Errorf("read up to the section headers at %d: %w", h.table, err)
	}
	b, err := t.next(h.tableSize())
	if err != nil {
		return nil, fmt.Errorf("read the section headers at %d: %w", h.table, err)
	}
	return parseELFSections(b, h, t.size), nil
}
