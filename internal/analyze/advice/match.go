package advice

import (
	"math/bits"
	"strings"
)

// index finds the rules that look at a path, without trying them one by one.
type index struct {
	rooted   map[string]set // a whole path, without its leading slash
	depth    int            // names in the longest of these
	floating map[string][]sequence
	endings  map[string]set // an extension, with its dot
	named    set
	owner    set
}

// sequence is the last of some names that have to follow each other.
type sequence struct {
	before string // the names in front of it; "" for none
	rule   int
}

// set is a set of rules: bit i stands for rules[i].
type set uint64

func (s *set) add(rule int)  { *s |= 1 << rule }
func (s set) first() int     { return bits.TrailingZeros64(uint64(s)) }
func (s *set) drop(rule int) { *s &^= 1 << rule }

// places is the index of the table.
var places = indexOf(rules)

func indexOf(rules []rule) *index {
	x := &index{rooted: map[string]set{}, floating: map[string][]sequence{}, endings: map[string]set{}}
	for i, r := range rules {
		for _, at := range r.at {
			x.place(at, i)
		}
		if r.named != nil {
			x.named.add(i)
		}
		if r.owner != nil {
			x.owner.add(i)
		}
	}
	return x
}

func (x *index) place(at string, rule int) {
	if path, ok := strings.CutPrefix(at, "/"); ok {
		x.rooted[path] |= 1 << rule
		x.depth = max(x.depth, 1+strings.Count(path, "/"))
		return
	}
	if extension, ok := strings.CutPrefix(at, "*"); ok {
		x.endings[extension] |= 1 << rule
		return
	}
	slash := strings.LastIndexByte(at, '/')
	x.floating[at[slash+1:]] = append(x.floating[at[slash+1:]], sequence{before: at[:max(slash, 0)], rule: rule})
}

// scanner matches the paths of one image. It remembers the directory of the
// path before, since most files lie beside others.
type scanner struct {
	*index
	directory string // with its slash
	above     set    // what the directory matches
	depth     int    // names in the directory
	// end is, for each rule that matches, how much of the path its place is.
	end []int
}

// find gives the rules that look at path.
func (s *scanner) find(path string) set {
	cut := strings.LastIndexByte(path, '/') + 1
	if path[:cut] != s.directory {
		s.enter(path[:cut])
	}
	base := path[cut:]
	found := s.name(path, cut, len(path), s.depth+1, s.above)
	if dot := strings.LastIndexByte(base, '.'); dot >= 0 {
		found = s.mark(found, s.endings[base[dot:]], len(path))
	}
	for rest := s.named; rest != 0; rest.drop(rest.first()) {
		if rules[rest.first()].named(base) {
			found = s.mark(found, 1<<rest.first(), len(path))
		}
	}
	return found
}

// enter matches all the names of a directory.
func (s *scanner) enter(directory string) {
	s.directory, s.above, s.depth = directory, 0, 0
	for start := 0; start < len(directory); {
		end := start + strings.IndexByte(directory[start:], '/')
		s.depth++
		s.above = s.name(directory, start, end, s.depth, s.above)
		start = end + 1
	}
}

// name adds to found what the name path[start:end] matches, which is the
// depth-th of the path.
func (s *scanner) name(path string, start, end, depth int, found set) set {
	if depth <= s.index.depth {
		found = s.mark(found, s.rooted[path[:end]], end)
	}
	for _, q := range s.floating[path[start:end]] {
		if follows(path[:max(start-1, 0)], q.before) {
			found = s.mark(found, 1<<q.rule, end)
		}
	}
	return found
}

// mark adds more to found. The outermost place of a rule is the one to name.
func (s *scanner) mark(found, more set, end int) set {
	for fresh := more &^ found; fresh != 0; fresh.drop(fresh.first()) {
		s.end[fresh.first()] = end
	}
	return found | more
}

// follows reports whether a path ends in whole names.
func follows(path, names string) bool {
	rest, ok := strings.CutSuffix(path, names)
	return ok && (names == "" || rest == "" || rest[len(rest)-1] == '/')
}
