package report

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// style is a terminal's way to show a cell.
type style string

const (
	normal style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

// cell is text that is safe for a terminal, and how to show it.
type cell struct {
	text  string
	style style
}

// grid is a table of aligned plain text. Columns whose head ends in ":" are
// aligned right.
type grid struct {
	heads []string
	rows  [][]cell
	cut   []bool // columns that are cut in the middle rather than wrapped; nil for none
	color bool
}

const gap = "  "

func (g *grid) add(cells ...cell) { g.rows = append(g.rows, cells) }

// render writes the grid behind an indent within most columns. Cells of the
// columns that are aligned left wrap where the grid is too wide; where that is
// not enough, each row becomes a paragraph.
func (g *grid) render(indent string, most int) string {
	if len(g.rows) == 0 {
		return ""
	}
	widths, fits := g.squeeze(g.widths(), most-len(indent))
	if !fits {
		return g.paragraphs(indent, most)
	}
	var b strings.Builder
	if strings.Trim(strings.Join(g.heads, ""), ":") != "" {
		g.row(&b, indent, widths, g.headCells())
	}
	for _, row := range g.rows {
		g.row(&b, indent, widths, row)
	}
	return b.String()
}

// narrowest is the least width that a wrapped column may have.
const narrowest = 12

// squeeze takes columns from the widest column that may wrap until all fit. The
// first column names the row and stays whole.
func (g *grid) squeeze(widths []int, most int) ([]int, bool) {
	for sum(widths)+len(gap)*(len(widths)-1) > most {
		widest := -1
		for i, w := range widths {
			if i > 0 && !strings.HasSuffix(g.heads[i], ":") && w > narrowest && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return widths, false
		}
		widths[widest]--
	}
	return widths, true
}

func sum(widths []int) int {
	total := 0
	for _, w := range widths {
		total += w
	}
	return total
}

func (g *grid) headCells() []cell {
	cells := make([]cell, len(g.heads))
	for i, h := range g.heads {
		cells[i] = cell{strings.TrimSuffix(h, ":"), dim}
	}
	return cells
}

func (g *grid) widths() []int {
	widths := make([]int, len(g.heads))
	for i, h := range g.heads {
		widths[i] = columns(strings.TrimSuffix(h, ":"))
	}
	for _, row := range g.rows {
		for i, c := range row {
			widths[i] = max(widths[i], columns(c.text))
		}
	}
	return widths
}

// row writes one row, on as many lines as its longest wrapped cell needs.
func (g *grid) row(b *strings.Builder, indent string, widths []int, row []cell) {
	lines := make([][]string, len(row))
	height := 1
	for i, c := range row {
		if lines[i] = fold(c.text, widths[i]); len(lines[i]) > 1 && g.cut != nil && g.cut[i] {
			lines[i] = []string{fit(c.text, widths[i])}
		}
		height = max(height, len(lines[i]))
	}
	for n := range height {
		part := make([]cell, len(row))
		for i, c := range row {
			if n < len(lines[i]) {
				part[i] = cell{lines[i][n], c.style}
			}
		}
		g.line(b, indent, widths, part)
	}
}

func (g *grid) line(b *strings.Builder, indent string, widths []int, row []cell) {
	var line strings.Builder
	for i, c := range row {
		space := strings.Repeat(" ", max(0, widths[i]-columns(c.text)))
		shown := paint(c, g.color)
		if strings.HasSuffix(g.heads[i], ":") {
			line.WriteString(gap + space + shown)
		} else {
			line.WriteString(gap + shown + space)
		}
	}
	b.WriteString(indent + strings.TrimRight(line.String()[len(gap):], " ") + "\n")
}

// fold breaks s between words, and within words that are too long, into lines
// of at most width columns.
func fold(s string, width int) []string {
	if columns(s) <= width {
		return []string{s}
	}
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && columns(line)+1+columns(word) > width {
			lines, line = append(lines, line), ""
		}
		for columns(word) > width {
			cut := prefix(word, width)
			lines, word = append(lines, word[:cut]), word[cut:]
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}

// prefix is the length in bytes of as much of s as fits into width columns, at
// least one character.
func prefix(s string, width int) int {
	at := 0
	for i, r := range s {
		at += columns(string(r))
		if at > width && i > 0 {
			return i
		}
	}
	return len(s)
}

// paragraphs writes a row's first cell on a line of its own and below it the
// others, each behind the name of its column.
func (g *grid) paragraphs(indent string, most int) string {
	var b strings.Builder
	for _, row := range g.rows {
		b.WriteString(indent + paint(row[0], g.color) + "\n")
		var parts []string
		for i, c := range row[1:] {
			if c.text != "" {
				parts = append(parts, strings.TrimSpace(strings.TrimSuffix(g.heads[i+1], ":")+" "+c.text))
			}
		}
		b.WriteString(wrap(strings.Join(parts, ", "), indent+gap, most))
	}
	return b.String()
}

func paint(c cell, color bool) string {
	if !color || c.style == normal || c.text == "" {
		return c.text
	}
	return "\x1b[" + string(c.style) + "m" + c.text + "\x1b[0m"
}

// columns is how many columns of a terminal s takes: two for wide characters
// (East Asian and most emoji), none for combining marks.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case wide(r):
			n += 2
		default:
			n++
		}
	}
	return n
}

func wide(r rune) bool {
	k := width.LookupRune(r).Kind()
	return k == width.EastAsianWide || k == width.EastAsianFullwidth
}

// wrap breaks s between words into lines of at most most columns, each behind
// the indent. A word that is longer stays whole: names are copied from here.
func wrap(s, indent string, most int) string {
	var b strings.Builder
	at := 0
	for _, word := range strings.Fields(s) {
		w := columns(word)
		switch {
		case at == 0:
			b.WriteString(indent + word)
			at = columns(indent) + w
		case at+1+w > most:
			b.WriteString("\n" + indent + "  " + word)
			at = columns(indent) + 2 + w
		default:
			b.WriteString(" " + word)
			at += 1 + w
		}
	}
	return b.String() + "\n"
}
