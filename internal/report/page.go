package report

import (
	"fmt"
	"strings"
)

// page collects sections up to a limit in bytes. A section goes in whole or
// not at all, so no table, fence or details element is ever cut.
type page struct {
	b     strings.Builder
	limit int
	left  []string // what did not fit, in words
}

func (p *page) room() int { return p.limit - p.b.Len() }

// put adds a section, or remembers its name when there is no room for it.
func (p *page) put(name, section string) {
	if section == "" {
		return
	}
	if len(section)+1 > p.room() {
		p.left = append(p.left, name)
		return
	}
	p.b.WriteString(section + "\n")
}

// sectionBytes is the most that one section on an image's contents may take.
const sectionBytes = 8_000

// sections adds parts of what is told of an image's contents.
func (p *page) sections(all []section) {
	for _, s := range all {
		if s.empty() {
			continue
		}
		name, _, _ := strings.Cut(s.title, ":")
		if text := s.markdown(min(p.room()-1, sectionBytes)); text != "" {
			p.put(name, text)
		} else {
			p.left = append(p.left, name)
		}
	}
}

// paragraph is a line of its own, or nothing.
func paragraph(s string) string {
	if s == "" {
		return ""
	}
	return s + "\n"
}

// table is a GitHub table under construction. Cells come escaped.
type table struct {
	heads []string // ":" at either end of a head aligns the column
	rows  [][]string
	more  int // rows that were not even added
	// rest sums up what stands behind the first rows: "12 more packages, 3 MB",
	// "" for nothing. Without it the rows are counted.
	rest func(shown int) string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// tableTail is kept below a table for the words about what is missing.
const tableTail = 60

// render writes as many rows as fit into limit bytes and says how many things
// more there are. It is empty when there are no rows, or not even one fits.
func (t *table) render(limit int, thing string) string {
	var b strings.Builder
	b.WriteString(t.header())
	shown := 0
	for _, cells := range t.rows {
		line := "| " + strings.Join(cells, " | ") + " |\n"
		if b.Len()+len(line)+tableTail > limit {
			break
		}
		b.WriteString(line)
		shown++
	}
	if shown == 0 {
		return ""
	}
	if rest := t.behind(shown, thing); rest != "" {
		fmt.Fprintf(&b, "\n… and %s.\n", rest)
	}
	return b.String()
}

// behind says what follows the rows that are shown.
func (t *table) behind(shown int, thing string) string {
	if t.rest != nil {
		return t.rest(shown)
	}
	if more := t.more + len(t.rows) - shown; more > 0 {
		return plural(more, "more "+thing)
	}
	return ""
}

func (t *table) header() string {
	names, lines := make([]string, len(t.heads)), make([]string, len(t.heads))
	for i, h := range t.heads {
		names[i], lines[i] = strings.Trim(h, ":"), ":--"
		if strings.HasSuffix(h, ":") {
			lines[i] = "--:"
		}
	}
	return "| " + strings.Join(names, " | ") + " |\n| " + strings.Join(lines, " | ") + " |\n"
}

// bullets writes a list of at most most entries, already escaped.
func bullets(entries []string, most int) string {
	var b strings.Builder
	for i, e := range entries {
		if i == most {
			fmt.Fprintf(&b, "- … and %d more\n", len(entries)-most)
			break
		}
		b.WriteString("- " + e + "\n")
	}
	return b.String()
}

// folded wraps a body into a details element. The summary is raw HTML.
func folded(summary, body string) string {
	return "<details>\n<summary>" + summary + "</summary>\n\n" + strings.TrimSpace(body) + "\n\n</details>\n"
}

// under puts a bold heading over a body, nothing over nothing.
func under(heading, body string) string {
	if body == "" {
		return ""
	}
	return "**" + heading + "**\n\n" + body
}

// solid keeps a number and its unit on one line of a table cell.
func solid(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") }

// parts is solid for a list, which may break behind its commas.
func parts(s string) string { return strings.ReplaceAll(solid(s), ",\u00a0", ", ") }
