package advice

import (
	"cmp"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// spot is a place or a package, and what was found there.
type spot struct {
	name string
	size record.Bytes
}

// place tells a place, which begins with a slash by the time it is written.
func (s spot) place() bool { return strings.HasPrefix(s.name, "/") }

// larger orders spots for reading.
func larger(a, b spot) int {
	return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.name, b.name))
}

// spots keeps the two largest places of many. Files come in path order, so
// those of a place come together, and only the open one has to be kept.
type spots struct {
	open spot
	best []spot // largest first, two at most
	more bool   // there were others
}

func (s *spots) add(name string, size record.Bytes) {
	if name != s.open.name {
		s.close()
		s.open = spot{name: name}
	}
	s.open.size += size
}

// close ends the open place and gives the largest.
func (s *spots) close() []spot {
	if s.open.size == 0 {
		return s.best
	}
	for i := range s.best {
		if s.best[i].name == s.open.name {
			s.open.size += s.best[i].size
			s.best = append(s.best[:i], s.best[i+1:]...)
			break
		}
	}
	s.insert(s.open)
	s.open = spot{}
	return s.best
}

func (s *spots) insert(p spot) {
	at := len(s.best)
	for at > 0 && larger(p, s.best[at-1]) < 0 {
		at--
	}
	s.best = append(s.best[:at], append([]spot{p}, s.best[at:]...)...)
	if len(s.best) > 2 {
		s.best, s.more = s.best[:2], true
	}
}
