package owner

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/analyze/elf"
)

// A Go binary may hold other Go binaries as data (go:embed), and so each part
// that is looked for more than once. Its own begin a section each. Only where a
// linker merges the constants of a position-independent binary is the function
// table inside of a section: a writable one, as it is relocated, and what is
// embedded stands in another one, or behind.

// markSize is how many bytes tell what begins at a place: the longest header,
// that of a function table with pointers of 8 bytes. The shorter one is that of
// build information.
const (
	markSize    = 8 + 8*8
	minMarkSize = goInfoHeaderSize
)

// maxFound bounds what is kept of each sort while it is not known which is the
// binary's own, in bytes. The oldest go first.
const maxFound = 2 << 20

// found are the parts of one sort that a binary has.
type found[T any] struct {
	parts []part[T]
	cost  int64
}

type part[T any] struct {
	at   int64 // offset into the file
	what T
	cost int64 // bytes of memory, about
}

// add keeps a part. Where it becomes too much, half goes at once, so that many
// small parts take no more time each than few.
func (f *found[T]) add(p part[T]) {
	f.parts, f.cost = append(f.parts, p), f.cost+p.cost
	if f.cost <= maxFound {
		return
	}
	n := 0
	for ; f.cost > maxFound/2 && n < len(f.parts)-1; n++ {
		f.cost -= f.parts[n].cost
	}
	f.parts = slices.Delete(f.parts, 0, n) // and not a shorter slice, which would hold on to them
}

// first gives the first part that is at a place of the right sort.
func (f *found[T]) first(right func(at int64) bool) *T {
	for i := range f.parts {
		if right(f.parts[i].at) {
			return &f.parts[i].what
		}
	}
	return nil
}

// goScan looks for the parts of a Go binary on a tape.
type goScan struct {
	tape     *tape
	elf      elf.Header
	sections elfSections
	infos    found[goInfo]
	tables   found[goFunctions]
}

// scanGoBinary gives what belongs to a Go binary. Info is nil for what is none,
// table is nil where it could not be read. It holds at most 12 MiB.
func scanGoBinary(t *tape, h elf.Header) (info *goInfo, table *goFunctions, err error) {
	s := &goScan{tape: t, elf: h}
	if s.sections, err = readELFSections(t, h); err != nil {
		return nil, nil, err
	}
	if s.sections != nil {
		err = s.visit()
	} else if err = s.sweep(h.Sections.Offset); err == nil {
		s.sections, err = passELFSections(t, h)
	}
	if err != nil {
		return nil, nil, err
	}
	if info = s.infos.first(s.sections.begin); info == nil {
		return nil, nil, nil
	}
	if table = s.tables.first(s.sections.begin); table == nil {
		table = s.tables.first(s.sections.writable)
	}
	return info, table, nil
}

// visit looks where the parts may be by the section headers. It goes no further
// when both are found where a section begins.
func (s *goScan) visit() error {
	for _, sec := range s.sections {
		if sec.start < s.tape.pos || sec.end-sec.start < minMarkSize {
			continue
		}
		if err := s.tape.skip(sec.start - s.tape.pos); err != nil {
			return fmt.Errorf("read up to the section at %d: %w", sec.start, err)
		}
		if err := s.look(); err != nil {
			return err
		}
		if s.infos.first(s.sections.begin) != nil && s.tables.first(s.sections.begin) != nil {
			return nil
		}
		if sec.isWritable {
			if err := s.sweep(sec.end); err != nil {
				return err
			}
		}
	}
	return nil
}

// sweep looks everywhere up to an offset into the file.
func (s *goScan) sweep(end int64) error {
	for end-s.tape.pos >= minMarkSize {
		b, err := s.tape.ahead(int(min(markSize, end-s.tape.pos)))
		if err != nil {
			return fmt.Errorf("read at %d: %w", s.tape.pos, err)
		}
		whole := markSize // so many bytes must be there to tell what begins
		if int64(len(b)) >= end-s.tape.pos {
			b, whole = b[:end-s.tape.pos], minMarkSize
		}
		stop := len(b) - whole + 1
		i := s.mark(b, stop)
		if err := s.tape.skip(int64(i)); err != nil {
			return fmt.Errorf("read at %d: %w", s.tape.pos, err)
		}
		if i == stop {
			continue
		}
		if err := s.look(); err != nil {
			return err
		}
	}
	return nil
}

// mark gives the first place in b, which is what is ahead, where a part may
// begin; stop if there is none before that. Places are as far from each other
// as a pointer is long: both parts are aligned at least so, in memory and
// therefore in the file.
func (s *goScan) mark(b []byte, stop int) int {
	align := int(-s.tape.pos & int64(s.elf.Pointer-1))
	for i := align; i < stop; i += s.elf.Pointer {
		if b[i] < 0xf0 {
			continue
		}
		if rest := b[i:]; bytes.HasPrefix(rest, []byte(goInfoMagic)) || isPCTable(rest, s.elf) {
			return i
		}
	}
	return stop
}

// look reads the part that begins here, if one does, and moves on.
func (s *goScan) look() error {
	at := s.tape.pos
	b, err := s.tape.peek(int(min(markSize, s.tape.size-at)))
	if err != nil {
		return fmt.Errorf("read at %d: %w", at, err)
	}
	switch {
	case bytes.HasPrefix(b, []byte(goInfoMagic)):
		info, ok, err := readGoInfo(s.tape)
		if err != nil {
			return fmt.Errorf("read the build information at %d: %w", at, err)
		}
		if ok {
			s.infos.add(part[goInfo]{at, info, info.cost()})
		}
	case isPCTable(b, s.elf):
		table, ok, err := readGoFunctions(s.tape, s.elf)
		if err != nil {
			return fmt.Errorf("read the function table at %d: %w", at, err)
		}
		if ok {
			s.tables.add(part[goFunctions]{at, table, table.cost()})
		}
	}
	if s.tape.pos == at {
		return s.tape.skip(int64(min(len(b), s.elf.Pointer)))
	}
	return nil
}
