package report

import (
	"fmt"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// medium dresses words for where they go, and says how much of them fits.
type medium struct {
	quote  func(s string, most int) string // a foreign name, path or instruction
	prose  func(s string, most int) string // a foreign sentence
	number func(s string) string           // one of ours, with its unit
	rows   int                             // most rows of a list; the rest is summed up
	wide   int                             // most characters of a path or an instruction
}

func onTerminal() medium { return medium{plain, plain, asIs, 10, instructionWidth} }

func inMarkdown(rows int) medium { return medium{code, text, solid, rows, instructionWidth} }

func onPage() medium { return medium{clean, clean, asIs, 25, pageWidth} }

func asIs(s string) string { return s }

// name dresses a name that may be missing.
func (m medium) name(s string, most int) string {
	if s == "" {
		return ""
	}
	return m.quote(s, most)
}

func (m medium) path(s string) string { return m.name(s, m.wide) }

// size prints bytes of an image.
func (m medium) size(b record.Bytes) string { return m.number(imageBytes(float64(b))) }

// grown prints a difference of bytes.
func (m medium) grown(d float64) string { return m.number(growthOf(d)) }

// imageBytes and growthOf print bytes without and with a sign.
func imageBytes(v float64) string { return decimalBytes.print(v) }
func growthOf(d float64) string   { return difference(record.ImageSize, record.UnitBytes, d) }

// section is a part of what is told of an image's contents: a table or a list,
// dressed for one medium. Where it has neither, nor a note, it is not shown.
type section struct {
	title   string // in lower case
	thing   string // what a row is, in the singular
	columns []column
	rows    [][]string
	entries []string // of a list, instead of rows
	sizes   []float64
	print   func(float64) string // prints the bytes of what was cut, of which more rows were not even made; nil where rows have none
	more    int
	moreSum float64
	notes   []string // sentences below
}

// column of a section.
type column struct {
	title string
	kind  columnKind
}

type columnKind int

const (
	words   columnKind = iota // of our own
	numbers                   // aligned right
	names                     // foreign, shown as code
	paths                     // the same, cut in the middle where room is short
)

// fill makes the first rows from all there is, and adds up the rest; size is nil
// where rows have none.
func fill[T any](s section, most int, all []T, size func(T) float64, row func(T) []string) section {
	for i, x := range all {
		bytes := 0.0
		if size != nil {
			bytes = size(x)
		}
		if i >= most {
			s.more++
			s.moreSum += bytes
			continue
		}
		s.rows = append(s.rows, row(x))
		s.sizes = append(s.sizes, bytes)
	}
	return s.dense()
}

// dense drops the columns that are empty in every row.
func (s section) dense() section {
	kept := filled(s.rows, func(text string) bool { return text == "" })
	s.columns, s.rows = pick(kept, s.columns), pickAll(kept, s.rows)
	return s
}

func (s section) empty() bool { return len(s.rows) == 0 && len(s.entries) == 0 && len(s.notes) == 0 }

// heads are the columns' titles as grid and table take them.
func (s section) heads() []string {
	heads := make([]string, len(s.columns))
	for i, c := range s.columns {
		heads[i] = c.title
		if c.kind == numbers {
			heads[i] += ":"
		}
	}
	return heads
}

// rest sums up what stands behind the first shown rows or entries: "12 more
// packages, 3.2 MB", "" when that is nothing.
func (s section) rest(shown int) string {
	n, sum := s.more, s.moreSum
	for _, size := range s.sizes[min(shown, len(s.sizes)):] {
		n, sum = n+1, sum+size
	}
	switch {
	case n == 0:
		return ""
	case s.print == nil:
		return plural(n, "more "+s.thing)
	}
	return plural(n, "more "+s.thing) + ", " + s.print(sum)
}

// section lays one out on the terminal.
func (t *terminal) section(s section) {
	if s.empty() {
		return
	}
	t.line("")
	t.wrapped("  ", s.title)
	g := t.grid(s.heads()...)
	g.cut = make([]bool, len(s.columns))
	for i, c := range s.columns {
		g.cut[i] = c.kind == paths
	}
	for _, row := range s.rows {
		cells := make([]cell, len(row))
		for i, text := range row {
			cells[i] = cell{text, s.style(i)}
		}
		g.add(cells...)
	}
	t.put(g, "    ")
	for _, e := range s.entries {
		t.wrapped("    ", "- "+e)
	}
	if rest := s.rest(len(s.rows) + len(s.entries)); rest != "" {
		t.line("    … and " + rest)
	}
	for _, n := range s.notes {
		t.wrapped("    ", n)
	}
}

// style leads the eye to the first column.
func (s section) style(column int) style {
	switch {
	case column == 0:
		return bold
	case s.columns[column].kind == words:
		return dim
	}
	return normal
}

// markdown lays a section out within limit bytes.
func (s section) markdown(limit int) string {
	if s.empty() {
		return ""
	}
	title := capital(s.title)
	limit -= len(under(title, "x")) + len(bullets(s.notes, len(s.notes)))
	t := &table{heads: s.heads(), rows: s.rows, rest: s.rest}
	body := t.render(limit, s.thing)
	if len(s.entries) > 0 {
		body = s.list(limit)
	}
	if body == "" && len(s.rows)+len(s.entries) > 0 {
		return ""
	}
	return under(title, joinParts([]string{body, bullets(s.notes, len(s.notes))}))
}

// list writes as many entries as fit into limit bytes.
func (s section) list(limit int) string {
	var b strings.Builder
	shown := 0
	for _, e := range s.entries {
		if b.Len()+len(e)+tableTail > limit {
			break
		}
		b.WriteString("- " + e + "\n")
		shown++
	}
	if shown == 0 {
		return ""
	}
	if rest := s.rest(shown); rest != "" {
		fmt.Fprintf(&b, "- … and %s\n", rest)
	}
	return b.String()
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
