package config

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Error is one mistake in a configuration file.
type Error struct {
	File         string
	Line, Column int // from 1; the column counts characters
	Message      string

	source string // the line as it may be shown, "" to show none
}

// Error is the position and the message, without the source line.
func (e Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s [config]", printable(e.File), e.Line, e.Column, e.Message)
}

// Errors are all the mistakes of one file, sorted by position.
type Errors []Error

// maxShown bounds the output for a file that is wrong throughout.
const maxShown = 100

// Error is every mistake with its source line and a caret below.
func (e Errors) Error() string {
	var b strings.Builder
	for i, one := range e {
		if i == maxShown {
			fmt.Fprintf(&b, "and %d more errors\n", len(e)-maxShown)
			break
		}
		b.WriteString(one.Error() + "\n" + one.snippet())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// snippet shows where the mistake is, in the manner of compilers.
func (e Error) snippet() string {
	if e.source == "" {
		return ""
	}
	number := fmt.Sprint(e.Line)
	margin := strings.Repeat(" ", len(number))
	text, caret := window(e.source, e.Column)
	return fmt.Sprintf("%s |\n%s | %s\n%s | %s\n", margin, number, text, margin, caret)
}

// window cuts a long line around a column and underlines the word there.
func window(line string, column int) (text, caret string) {
	const before, width = 60, 120
	runes := []rune(line)
	at := min(column-1, len(runes))
	start := 0
	if len(runes) > width {
		start = max(0, at-before)
	}
	end := min(len(runes), start+width)
	length := 0
	for at+length < end && !strings.ContainsRune(" ,:[]{}", runes[at+length]) {
		length++
	}
	return string(runes[start:end]), strings.Repeat(" ", at-start) + "^" + strings.Repeat("~", max(0, length-1))
}

// printable replaces what would move the cursor or colour a terminal: the
// file is part of a pull request, so its text is not to be trusted.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, s)
}

// source hands out the lines that errors show.
type source struct {
	lines  []string
	hidden map[int]bool // lines that carry values nobody may print
}

func newSource(src []byte) *source {
	text := string(bytes.TrimPrefix(src, []byte("\ufeff")))
	return &source{lines: strings.Split(text, "\n"), hidden: map[int]bool{}}
}

// clamp moves a position into the file: the parser reports an unexpected end
// behind the last line.
func (s *source) clamp(line, column int) (int, int) {
	line = min(max(line, 1), len(s.lines))
	return line, min(max(column, 1), utf8.RuneCountInString(s.lines[line-1])+1)
}

// behind reports whether nothing but blank lines follow from a line on.
func (s *source) behind(line int) bool {
	return line < 1 || line > len(s.lines) || strings.TrimSpace(strings.Join(s.lines[line-1:], "")) == ""
}

// tab reports whether a tab stands at a position.
func (s *source) tab(line, column int) bool {
	line, column = s.clamp(line, column)
	return strings.HasPrefix(string([]rune(s.lines[line-1])[column-1:]), "\t")
}

// line gives what may be shown of a line.
func (s *source) line(number int) string {
	if len(s.lines[number-1]) > maxLine || s.hidden[number] || s.secret(number) {
		return "" // values of environment variables are redacted everywhere
	}
	return printable(strings.TrimSuffix(s.lines[number-1], "\r"))
}

// secretKey finds the keys whose values must not be printed, in block and in
// flow style.
var secretKey = regexp.MustCompile(`(^|[\s,{"'-])(env|environment|headers)["']?\s*:`)

// secret reports whether a line stands on or below a key with secret values.
// It reads the text, not the nodes, because it must also hold for a file that
// does not parse.
func (s *source) secret(number int) bool {
	limit := -1 // indentation an enclosing line must stay below
	for i := number - 1; i >= 0 && i > number-1-maxEnclosing && limit != 0; i-- {
		text := strings.TrimSpace(s.lines[i])
		if text == "" {
			continue
		}
		indent := len(s.lines[i]) - len(strings.TrimLeft(s.lines[i], " "))
		if limit >= 0 && indent >= limit {
			continue
		}
		if secretKey.MatchString(s.lines[i]) {
			return true
		}
		limit = indent
	}
	return false
}

// Bounds that keep many errors in a long file cheap: how far up secret looks,
// and how many bytes a line may have to be shown.
const (
	maxEnclosing = 2000
	maxLine      = 10_000
)

// faults collects errors while a document is read.
type faults struct {
	file string
	text *source
	seen map[Error]bool
	most Bounds // zero: those of a configuration
	all  Errors
}

func (f *faults) add(line, column int, message string) {
	line, column = f.text.clamp(line, column)
	e := Error{File: f.file, Line: line, Column: column, Message: message}
	if f.seen[e] {
		return // an anchored block is read once for every alias
	}
	f.seen[e] = true
	f.all = append(f.all, e)
}

// sorted gives the errors by position, with their source lines, nil for none.
func (f *faults) sorted() error {
	if len(f.all) == 0 {
		return nil
	}
	slices.SortStableFunc(f.all, func(a, b Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	for i := range f.all[:min(len(f.all), maxShown)] {
		f.all[i].source = f.text.line(f.all[i].Line)
	}
	return f.all
}
