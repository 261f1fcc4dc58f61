package report

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Foreign strings (image names, labels, instructions, notes of a saved file)
// are written by whoever opened the pull request. Each of the functions below
// makes one safe for one place.

const zeroWidthSpace = "\u200b"

// clean puts s on one line without control, formatting (bidirectional
// overrides, zero-width) or private characters, and shortens it in the middle
// to most characters. Every other escaper starts from it.
func clean(s string, most int) string {
	s = strings.Map(printable, strings.ToValidUTF8(s, "\ufffd"))
	return shorten(strings.Join(strings.Fields(s), " "), most)
}

func printable(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs):
		return '\ufffd'
	}
	return r
}

// shorten cuts the middle out of s, since names differ at both ends.
func shorten(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	runes := []rune(s)
	head := most / 2
	tail := most - 1 - head
	return string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
}

// identifier keeps what units, currencies and metric names are made of.
func identifier(s string, most int) string {
	kept := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		case strings.ContainsRune("._/- ", r):
			return r
		}
		return -1
	}, s)
	return shorten(strings.TrimSpace(kept), most)
}

// text makes s safe as running Markdown, also in a table cell: nothing in it is
// markup, a mention, a reference or a link.
func text(s string, most int) string {
	var b strings.Builder
	for _, r := range breakLinks(clean(s, most)) {
		b.WriteString(textRune(r))
	}
	return b.String()
}

// textRune spells out what Markdown may read as markup. An entity is never
// structural: https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references
func textRune(r rune) string {
	switch {
	case strings.ContainsRune("&<>`|*_~[]\\$", r):
		return fmt.Sprintf("&#%d;", r)
	case r == '#', r == '@':
		return fmt.Sprintf("&#%d;%s", r, zeroWidthSpace)
	}
	return string(r)
}

var (
	// linkStart is where GitHub begins an automatic link: a scheme, a bare
	// www., a reference like GH-123.
	linkStart = regexp.MustCompile(`(?i)://|www\.|gh-`)
	// commitLike is what GitHub links when it names a commit.
	commitLike = regexp.MustCompile(`[0-9a-fA-F]{7,}`)
	sixDigits  = regexp.MustCompile(`.{6}`)
)

func breakLinks(s string) string {
	s = commitLike.ReplaceAllStringFunc(s, func(m string) string {
		return sixDigits.ReplaceAllString(m, "$0"+zeroWidthSpace)
	})
	return linkStart.ReplaceAllStringFunc(s, func(m string) string {
		if m == "://" {
			return ":" + zeroWidthSpace + "//"
		}
		return m[:len(m)-1] + zeroWidthSpace + m[len(m)-1:]
	})
}

// code makes s safe as a Markdown code span, also in a table cell. In a span
// mentions, references and links are dead, but a pipe still ends the cell and
// a backtick the span, so those stand outside it as entities.
func code(s string, most int) string {
	var b strings.Builder
	piece := 0
	s = clean(s, most)
	if s == "" {
		return undefined
	}
	flush := func(end int) {
		if end > piece {
			b.WriteString("`" + s[piece:end] + "`")
		}
	}
	for i, r := range s {
		if !strings.ContainsRune("`|<", r) {
			continue
		}
		flush(i)
		fmt.Fprintf(&b, "&#%d;", r)
		piece = i + 1
	}
	flush(len(s))
	return b.String()
}

// htmlCode makes s safe inside raw HTML within Markdown, as a <summary> needs
// it. Inside the code element mentions and references are dead.
func htmlCode(s string, most int) string {
	return "<code>" + htmlText(s, most) + "</code>"
}

func htmlText(s string, most int) string {
	return strings.NewReplacer("|", "&#124;", "`", "&#96;").Replace(html.EscapeString(clean(s, most)))
}

// plain makes s safe for a terminal and for the log of a CI runner, which reads
// workflow commands from standard output: "::name" at the start of a line, which
// a line wrap may bring about before any word, and "##[name]" anywhere.
func plain(s string, most int) string {
	words := strings.Split(strings.ReplaceAll(clean(s, most), "##[", "# #["), " ")
	for i, w := range words {
		words[i] = spaced(w)
	}
	return strings.Join(words, " ")
}

// spaced parts the colons that a word or line begins with, from two up.
func spaced(s string) string {
	rest := strings.TrimLeft(s, ":")
	if n := len(s) - len(rest); n > 1 {
		return strings.Repeat(": ", n-1) + ":" + rest
	}
	return s
}

// disarmed does for every line of a text what plain does for words: a word that
// was too long for its column may have been cut before its colons.
func disarmed(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		words := strings.TrimLeft(line, " ")
		b.WriteString(line[:len(line)-len(words)] + spaced(words))
	}
	return b.String()
}

// link is a Markdown link to a web address given by the caller, or only its
// words when the address is not one.
func link(words, url string) string {
	if !webAddress(url) {
		return words
	}
	return "[" + words + "](" + url + ")"
}

// webAddress accepts absolute http addresses of plain characters, so that none
// can leave the parentheses of a link.
func webAddress(url string) bool {
	if !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") {
		return false
	}
	return strings.IndexFunc(url, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune("()<>|`\\\"'[]", r)
	}) < 0
}
