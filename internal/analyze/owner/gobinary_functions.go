package owner

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/analyze/elf"
)

// The function table of a Go binary (.gopclntab) since Go 1.18, as the linker
// writes it (cmd/link/internal/ld/pcln.go) and the runtime reads it
// (runtime/symtab.go, runtime/runtime2.go): a header; the names of all
// functions; tables that are of no interest here; for each function its start
// and where it is described; those descriptions, in the same order.
//
// It is read forwards in one go and not kept: only the packages and where in
// the names one gives way to the next. The descriptions are taken one after the
// other, and a running hash proves that they are those the table points at.
const (
	pcMagic118 = 0xfffffff0 // Go 1.18 and 1.19
	pcMagic120 = 0xfffffff1 // since Go 1.20
)

// What a function table may have, so that it is held in 6 MiB. Kubernetes has
// 4,000 packages that take turns 30,000 times.
const (
	maxGoPackages     = 24 << 10
	maxGoPackageBytes = 2 << 20 // of all their names
	maxGoRuns         = 320 << 10
)

// goFunctions is how many bytes of code each package of a binary has.
type goFunctions struct {
	packages []string // as in the names of symbols
	bytes    []int64
}

func (f goFunctions) cost() int64 {
	n := int64(64)
	for _, p := range f.packages {
		n += 24 + int64(len(p))
	}
	return n
}

// isPCTable says whether a function table seems to begin here.
func isPCTable(b []byte, h elf.Header) bool {
	if len(b) < 8+8*h.Pointer || b[0] < 0xf0 {
		return false
	}
	magic := h.Order.Uint32(b)
	return (magic == pcMagic118 || magic == pcMagic120) && b[4] == 0 && b[5] == 0 &&
		(b[6] == 1 || b[6] == 2 || b[6] == 4) && int(b[7]) == h.Pointer
}

// pcHeader is the header of a function table. Offsets count from its begin.
type pcHeader struct {
	since120  bool
	functions int64
	names     int64
	namesEnd  int64
	table     int64
	recordLen int64 // bytes of a description without what varies
}

// parsePCHeader reads a header. It says no where its parts don't follow each
// other or don't fit into room bytes.
func parsePCHeader(b []byte, h elf.Header, room int64) (p pcHeader, ok bool) {
	var words [8]int64
	for i := range words {
		if h.Pointer == 8 {
			words[i] = int64(h.Order.Uint64(b[8+8*i:]))
		} else {
			words[i] = int64(h.Order.Uint32(b[8+4*i:]))
		}
	}
	p = pcHeader{functions: words[0], names: words[3], namesEnd: words[4], table: words[7], recordLen: 40}
	if h.Order.Uint32(b) == pcMagic120 {
		p.since120, p.recordLen = true, 44
	}
	offsets := []int64{int64(8 + 8*h.Pointer), words[3], words[4], words[5], words[6], words[7], room}
	ok = slices.IsSorted(offsets) && p.functions > 0 && p.functions <= (room-p.table)/(8+p.recordLen) &&
		p.namesEnd-p.names <= math.MaxUint32
	return p, ok
}

// errTable is that a function table is none or has more than is kept.
var errTable = errors.New("it is no function table that can be read")

// readGoFunctions reads the function table that begins here. It says no to what
// is none and to what has more packages than are kept. Errors are those of
// reading.
func readGoFunctions(t *tape, h elf.Header) (goFunctions, bool, error) {
	b, err := t.peek(8 + 8*h.Pointer)
	if err != nil {
		return goFunctions{}, false, err
	}
	header, ok := parsePCHeader(b, h, t.size-t.pos)
	if !ok {
		return goFunctions{}, false, nil
	}
	w := &pcWalk{tape: t, elf: h, header: header, base: t.pos, ids: map[string]int32{}}
	err = w.walk()
	if errors.Is(err, errTable) || atEnd(err) == nil {
		return w.goFunctions, err == nil, nil
	}
	return goFunctions{}, false, err
}

// pcWalk is on its way through a function table.
type pcWalk struct {
	goFunctions
	tape    *tape
	elf     elf.Header
	header  pcHeader
	base    int64
	ids     map[string]int32 // of packages
	text    int              // bytes of their names
	runs    []goRun
	scratch []byte
	sum     uint64 // of starts of functions and where they are described
	end     uint32 // of the last function
}

// goRun is names of one package, up to the next.
type goRun struct {
	offset uint32 // of the first, into the names
	pkg    int32
}

func (w *pcWalk) walk() error {
	for _, step := range []func() error{w.readNames, w.readTable, w.readRecords} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// to moves to an offset into the table.
func (w *pcWalk) to(offset int64) error {
	return w.tape.skip(w.base + offset - w.tape.pos)
}

func (w *pcWalk) readNames() error {
	if err := w.to(w.header.names); err != nil {
		return err
	}
	for offset := w.header.names; offset < w.header.namesEnd; {
		name, length, err := w.tape.text()
		if err != nil {
			return err
		}
		if err := w.run(uint32(offset-w.header.names), name); err != nil {
			return err
		}
		offset += length + 1
		if offset > w.header.namesEnd {
			return errTable
		}
	}
	return nil
}

// run notes the package of the name at an offset.
func (w *pcWalk) run(offset uint32, name []byte) error {
	var pkg []byte
	pkg, w.scratch = goPackage(name, w.header.since120, w.scratch)
	id, known := w.ids[string(pkg)]
	if !known {
		id = int32(len(w.packages))
		name := string(pkg)
		w.ids[name] = id
		w.packages, w.bytes = append(w.packages, name), append(w.bytes, 0)
		w.text += len(pkg)
	}
	if n := len(w.runs); n == 0 || w.runs[n-1].pkg != id {
		w.runs = append(w.runs, goRun{offset, id})
	}
	if len(w.packages) > maxGoPackages || w.text > maxGoPackageBytes || len(w.runs) > maxGoRuns {
		return errTable
	}
	return nil
}

// readTable adds up where functions start and are described.
func (w *pcWalk) readTable() error {
	if err := w.to(w.header.table); err != nil {
		return err
	}
	for range w.header.functions {
		b, err := w.tape.next(8)
		if err != nil {
			return err
		}
		w.sum = addPair(w.sum, w.elf.Order.Uint32(b), w.elf.Order.Uint32(b[4:]))
	}
	b, err := w.tape.next(4)
	if err != nil {
		return err
	}
	w.end = w.elf.Order.Uint32(b)
	return nil
}

// addPair is a step of FNV-1a over two numbers.
func addPair(sum uint64, a, b uint32) uint64 {
	return (sum ^ (uint64(a)<<32 | uint64(b))) * 1099511628211
}

// readRecords takes the descriptions one after the other, and gives the bytes
// from each function's start to the next one's to its package.
func (w *pcWalk) readRecords() error {
	at := w.header.functions*8 + 4
	var sum uint64
	var start uint32
	pkg := int32(-1)
	for range w.header.functions {
		at = (at + int64(w.elf.Pointer) - 1) &^ int64(w.elf.Pointer-1)
		if err := w.to(w.header.table + at); err != nil {
			return err
		}
		b, err := w.tape.next(int(w.header.recordLen))
		if err != nil {
			return err
		}
		r := parseGoRecord(b, w.elf.Order)
		sum = addPair(sum, r.start, uint32(at))
		if !w.give(pkg, start, r.start) {
			return errTable
		}
		start, pkg = r.start, w.packageAt(r.name)
		at += int64(len(b)) + r.more
	}
	if sum != w.sum || !w.give(pkg, start, w.end) {
		return errTable
	}
	return nil
}

// goRecord is the description of a function: runtime._func.
type goRecord struct {
	start uint32 // its first byte, counted from the begin of the code
	name  uint32 // offset into the names
	more  int64  // bytes that follow
}

func parseGoRecord(b []byte, order binary.ByteOrder) goRecord {
	pcdata, funcdata := int64(order.Uint32(b[28:])), int64(b[len(b)-1])
	return goRecord{order.Uint32(b), order.Uint32(b[4:]), 4 * (pcdata + funcdata)}
}

func (w *pcWalk) give(pkg int32, start, end uint32) bool {
	if pkg >= 0 {
		w.bytes[pkg] += int64(end) - int64(start)
	}
	return pkg < 0 || end >= start
}

// packageAt gives the package of the name at an offset, -1 for what is outside
// of the names.
func (w *pcWalk) packageAt(offset uint32) int32 {
	if int64(offset) >= w.header.namesEnd-w.header.names {
		return -1
	}
	i, there := slices.BinarySearchFunc(w.runs, offset, func(r goRun, at uint32) int {
		return int(min(1, max(-1, int64(r.offset)-int64(at))))
	})
	if !there {
		i--
	}
	return w.runs[i].pkg
}
