package record

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// What the JSON of a comparison is made of at most. Real ones stay far below:
// the picture of an image nests to 24, and the longest lists are of packages.
const (
	maxDepth    = 64
	maxServices = 200
	maxTrials   = 500
	maxList     = 50_000    // entries of one list of objects or texts
	maxEntries  = 1_000_000 // of all such lists and objects together
	maxSamples  = 4_000_000 // of all lists of numbers together
	maxText     = 1 << 20   // bytes of one text
)

// bounds are of lists that have one of their own: those whose every entry is
// rendered several times over.
var bounds = map[string]int{"services": maxServices, "trials": maxTrials, "layers": 1024, "ladder": 100,
	"warnings": 500, "metrics": 1000, "findings": 1000}

// columns are the lists of plain numbers, of which there may be many.
var columns = []string{"at", "unreclaimable", "cache", "values", "clock"}

// frame is an object or list that scan is inside of.
type frame struct {
	list    bool
	column  bool
	name    string // of a list: the key that it is the value of
	key     string // of an object: the last key
	entries int
	most    int
}

// newFrame knows a list by its key, however that is spelt: the decoder takes keys
// in any case.
func newFrame(list bool, name string) frame {
	f := frame{list: list, name: name, most: maxList}
	if !list {
		return f
	}
	f.column = slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, name) })
	for key, bound := range bounds {
		if strings.EqualFold(key, name) {
			f.most = bound
		}
	}
	return f
}

// scanner walks over JSON that is known to be valid.
type scanner struct {
	raw     []byte
	at      int
	frames  []frame
	entries int
	samples int
}

// scan holds valid JSON against the bounds without decoding it.
func scan(raw []byte) error {
	s := &scanner{raw: raw}
	for ; s.at < len(raw); s.at++ {
		var err error
		switch raw[s.at] {
		case '{', '[':
			err = s.open(raw[s.at] == '[')
		case '}', ']':
			s.frames = s.frames[:len(s.frames)-1]
		case ',':
			err = s.entry()
		case '"':
			err = s.text()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// open enters an object or a list. Its first entry is counted here, the others
// by the commas before them.
func (s *scanner) open(list bool) error {
	name := ""
	if n := len(s.frames); n > 0 {
		name = s.frames[n-1].key
	}
	if s.frames = append(s.frames, newFrame(list, name)); len(s.frames) > maxDepth {
		return fmt.Errorf("nested deeper than %d", maxDepth)
	}
	return s.entry()
}

// entry counts one entry of the innermost list or object.
func (s *scanner) entry() error {
	f := &s.frames[len(s.frames)-1]
	if f.column {
		if s.samples++; s.samples > maxSamples {
			return fmt.Errorf("more than %d numbers in its lists", maxSamples)
		}
		return nil
	}
	if f.entries++; f.entries > f.most {
		return fmt.Errorf("more than %d entries in %s", f.most, shown(f.name))
	}
	if s.entries++; s.entries > maxEntries {
		return fmt.Errorf("more than %d entries in all its lists", maxEntries)
	}
	return nil
}

// text passes over a string, and remembers it where it is a key.
func (s *scanner) text() error {
	start := s.at
	for s.at++; s.raw[s.at] != '"'; s.at++ {
		if s.raw[s.at] == '\\' {
			s.at++
		}
	}
	if s.at-start > maxText {
		return fmt.Errorf("a text is longer than %d bytes", maxText)
	}
	if n := len(s.frames); n > 0 && !s.frames[n-1].list && s.isKey() {
		return json.Unmarshal(s.raw[start:s.at+1], &s.frames[n-1].key)
	}
	return nil
}

// isKey reports whether a colon follows.
func (s *scanner) isKey() bool {
	rest := s.raw[s.at+1:]
	for len(rest) > 0 && strings.ContainsRune(" \t\r\n", rune(rest[0])) {
		rest = rest[1:]
	}
	return len(rest) > 0 && rest[0] == ':'
}
