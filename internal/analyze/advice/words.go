package advice

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

const (
	inBase = "in the base image: "

	// instructionWidth and pathWidth are the most characters of a foreign name.
	instructionWidth = 60
	pathWidth        = 80
)

// where names the largest place or package, or the two largest.
func (g *group) where() string {
	all := g.owners()
	for _, s := range g.spots.close() {
		all = append(all, spot{"/" + s.name, s.size})
	}
	slices.SortFunc(all, larger)
	named, left := all[:min(2, len(all))], all[min(2, len(all)):]
	head := ": "
	if named[0].place() {
		head = " in "
	}
	switch {
	case g.spots.more || slices.ContainsFunc(left, spot.place):
		return head + join(named, "elsewhere")
	case len(left) == 1:
		return head + join(named, "1 more package")
	case len(left) > 1:
		return head + join(named, fmt.Sprintf("%d more packages", len(left)))
	}
	return head + join(named, "")
}

// join lists spots, with their sizes where there are several things to tell
// apart.
func join(named []spot, last string) string {
	if len(named) == 1 && last == "" {
		return shorten(named[0].name, pathWidth)
	}
	words := make([]string, 0, 3)
	for _, s := range named {
		words = append(words, shorten(s.name, pathWidth)+" ("+size(s.size)+")")
	}
	if last != "" {
		words = append(words, last)
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// maker names the instruction that made most of it, where that is known.
func (g *group) maker(l layers) string {
	by := l.at(g.heaviest()).instruction
	switch {
	case by == "":
		return ""
	case len(g.layers) == 1:
		return ", by " + tidy(by)
	}
	return fmt.Sprintf(", by %d layers, the largest part by %s", len(g.layers), tidy(by))
}

// longHex is how the classic builder names what it copies.
var longHex = regexp.MustCompile(`\b([0-9a-f]{8})[0-9a-f]{24,}\b`)

// tidy puts an instruction on one short line.
func tidy(instruction string) string {
	return shorten(longHex.ReplaceAllString(strings.Join(strings.Fields(instruction), " "), "$1…"), instructionWidth)
}

// shorten cuts the middle out of s, since names differ at both ends. Of a long
// s only the ends are looked at.
func shorten(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	runes := []rune(s)
	head := width / 2
	return string(runes[:head]) + "…" + string(runes[len(runes)-(width-1-head):])
}

// sentence begins with a capital.
func sentence(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[n:]
}

// size prints b in powers of 1000 with three significant digits: 41.2 MB.
func size(b record.Bytes) string {
	v, units := float64(b), []string{"B", "kB", "MB", "GB", "TB"}
	for v >= 999.5 && len(units) > 1 {
		v, units = v/1000, units[1:]
	}
	places := 0
	if v > 0 {
		places = max(0, 2-int(math.Floor(math.Log10(v))))
	}
	s := strconv.FormatFloat(v, 'f', places, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s + " " + units[0]
}
