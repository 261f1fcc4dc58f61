// Package elf reads as much of executables as others here ask for: of the first
// bytes of a stream, where package debug/elf wants to go back and forth, and
// without the symbols and debugging data that would come along with it.
package elf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// HeaderSize is how many bytes of a file [ParseHeader] wants.
const HeaderSize = 64

// Header is what is needed of the header of an ELF file:
// https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
type Header struct {
	Order    binary.ByteOrder
	Pointer  int    // bytes of an address: 4 or 8
	Machine  uint16 // see [Machines]
	Sections Table
	Segments Table
}

// Table is where the headers of sections or segments lie. It is as the file claims.
type Table struct {
	Offset int64 // into the file
	Count  int
	Size   int // bytes of one header
}

// Bytes are those of the whole table.
func (t Table) Bytes() int { return t.Count * t.Size }

// Machines are the values of [Header.Machine] for the architectures of engines, in
// Go's naming: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html#e_machine
var Machines = map[string]uint16{"386": 3, "ppc64le": 21, "s390x": 22, "arm": 40, "amd64": 62, "arm64": 183, "riscv64": 243}

// ParseHeader reads the first [HeaderSize] bytes of a file. It says no to what is
// not ELF.
func ParseHeader(b []byte) (h Header, ok bool) {
	if len(b) < HeaderSize || !bytes.HasPrefix(b, []byte("\x7fELF")) {
		return h, false
	}
	switch b[5] {
	case 1:
		h.Order = binary.LittleEndian
	case 2:
		h.Order = binary.BigEndian
	default:
		return h, false
	}
	half := func(at int) int { return int(h.Order.Uint16(b[at:])) }
	h.Machine = h.Order.Uint16(b[18:])
	switch b[4] {
	case 1:
		h.Pointer = 4
		h.Segments = Table{int64(h.Order.Uint32(b[28:])), half(44), half(42)}
		h.Sections = Table{int64(h.Order.Uint32(b[32:])), half(48), half(46)}
	case 2:
		h.Pointer = 8
		h.Segments = Table{int64(h.Order.Uint64(b[32:])), half(56), half(54)}
		h.Sections = Table{int64(h.Order.Uint64(b[40:])), half(60), half(58)}
	default:
		return h, false
	}
	return h, true
}

// ErrSegments is returned for a table of segments that cannot be one.
var ErrSegments = errors.New("its table of segments is no such table")

// Interpreted reports whether a program asks for an interpreter, as one does that
// is dynamically linked. Errors are [ErrSegments] and those of reading.
// https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html
func (h Header) Interpreted(file io.ReaderAt) (bool, error) {
	const interp, most = 3, 512 // a program has about 10
	if h.Segments.Offset < 0 || h.Segments.Count > most || h.Segments.Size != 8+6*h.Pointer {
		return false, ErrSegments
	}
	b := make([]byte, h.Segments.Bytes())
	if n, err := file.ReadAt(b, h.Segments.Offset); n < len(b) {
		return false, err
	}
	for ; len(b) > 0; b = b[h.Segments.Size:] {
		if h.Order.Uint32(b) == interp {
			return true, nil
		}
	}
	return false, nil
}
