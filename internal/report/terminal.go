package report

import (
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Terminal writes the comparison as plain text: the verdict, what is over the
// line, then every metric, the bill and the layers of each service. It wraps at
// the options' width and is coloured only when they allow it.
func Terminal(c record.Comparison, o Options) []byte {
	t := &terminal{o: o}
	t.verdict(c)
	t.sentence("  ", signed(c, t.medium()))
	t.sentence("  ", imageLine(c, t.medium()))
	t.warnings("", runWarnings(c))
	t.judged("Over the line", c, record.Fail)
	t.judged("Accepted", c, record.Accepted)
	t.judged("Could not be measured", c, record.Missing)
	t.judged("Not decided", c, record.Inconclusive)
	t.advice(c)
	for _, s := range gravest(c.Services) {
		t.service(s)
	}
	return []byte(disarmed(t.b.String()))
}

// terminal lays facts out as text. Every foreign string passes plain.
type terminal struct {
	b strings.Builder
	o Options
}

func (t *terminal) line(s string) { t.b.WriteString(s + "\n") }

func (t *terminal) wrapped(indent, s string) { t.b.WriteString(wrap(s, indent, t.o.width())) }

// sentence is wrapped, but nothing where there is none.
func (t *terminal) sentence(indent, s string) {
	if s != "" {
		t.wrapped(indent, s)
	}
}

func (t *terminal) medium() medium { return onTerminal() }

func (t *terminal) heading(s string) { t.line("\n" + paint(cell{s, bold}, t.o.Color)) }

func (t *terminal) grid(heads ...string) *grid { return &grid{heads: heads, color: t.o.Color} }

func (t *terminal) put(g *grid, indent string) { t.b.WriteString(g.render(indent, t.o.width())) }

// warnings puts what a warning quotes below it, line by line. The bar keeps a
// foreign line from beginning a line of ours.
func (t *terminal) warnings(indent string, all []warning) {
	for _, w := range all {
		t.wrapped(indent, "warning: "+plain(w.message, noteWidth))
		for _, line := range w.quoted {
			t.line(indent + "  | " + plain(line, quoteWidth))
		}
	}
}

func (t *terminal) verdict(c record.Comparison) {
	word := strings.ToUpper(word(c.Verdict))
	if c.Verdict == record.None {
		word = "REPORT"
	}
	text := wrap(word+" "+Headline(c, t.o), "", t.o.width()-1)
	t.b.WriteString(paint(cell{word, tone(c.Verdict)}, t.o.Color) + " " + strings.TrimPrefix(text, word))
}

// tone is the colour of a verdict.
func tone(v record.Verdict) style {
	switch v {
	case record.Pass, record.Accepted:
		return green
	case record.Fail, record.Missing:
		return red
	case record.Inconclusive:
		return yellow
	}
	return dim
}

// judged lists the budgets with one verdict, and what would settle them or why
// they are so.
func (t *terminal) judged(heading string, c record.Comparison, v record.Verdict) {
	g := t.grid("", ":", "", ":", "", "", "")
	var notes remarks
	for _, s := range gravest(c.Services) {
		for _, m := range s.Metrics {
			if m.Verdict != v {
				continue
			}
			r := rowOf(s.Name, m)
			name := t.metric(r, len(c.Services) > 1)
			g.add(cell{name, tone(v)}, cell{r.base, normal}, cell{"→ " + r.head, normal}, cell{r.delta, bold},
				cell{r.interval, normal}, cell{"budget " + dash(r.budget), normal}, cell{r.sure, dim})
			notes.add(name, remark(r, m))
		}
	}
	if len(g.rows) == 0 {
		return
	}
	t.heading(heading)
	t.put(g, "  ")
	for _, n := range notes.lines() {
		t.wrapped("  ", n)
	}
}

func (t *terminal) metric(r row, several bool) string {
	if several {
		return plain(r.service, nameWidth) + " " + r.noun
	}
	return r.noun
}

// remark is a row's reason, and for what is not decided at least the general
// way to settle it.
func remark(r row, c record.Change) string {
	if c.Verdict == record.Inconclusive && r.why == "" {
		return "would be settled by " + settle(c)
	}
	return plain(r.why, noteWidth)
}

func (t *terminal) advice(c record.Comparison) {
	entries := advice(c, t.o, t.medium())
	if len(entries) == 0 {
		return
	}
	t.heading("What to do")
	for _, e := range entries {
		t.wrapped("  ", "- "+e)
	}
}

func (t *terminal) service(s record.Service) {
	t.line("")
	t.line(paint(cell{plain(s.Name, nameWidth), bold}, t.o.Color) + "  " + paint(cell{judgement(s.Verdict), tone(s.Verdict)}, t.o.Color))
	if s.Base.Image != "" || s.Head.Image != "" {
		t.wrapped("  ", "base "+named(s.Base))
		t.wrapped("  ", "head "+named(s.Head))
	}
	t.warnings("  ", serviceWarnings(s))
	if len(s.Metrics) > 0 {
		t.line("")
		t.metrics(s)
	}
	t.section(laddersOf(s, t.medium()))
	t.cost(s)
	t.origin(s)
	t.layers(s)
	for _, part := range sectionsOf(s, t.medium()) {
		t.section(part)
	}
	t.facts(s)
}

// origin is what there is to say of a growth before it is told by layer.
func (t *terminal) origin(s record.Service) {
	lines := origin(s, t.medium())
	if len(lines) > 0 {
		t.line("")
	}
	for _, l := range lines {
		t.wrapped("  ", l)
	}
}

// named is an image and its digest.
func named(r record.Record) string {
	if r.Digest == "" {
		return plain(r.Image, imageWidth)
	}
	return plain(r.Image, imageWidth) + " (" + plain(digest(r.Digest), nameWidth) + ")"
}

func (t *terminal) metrics(s record.Service) {
	common := commonLevel(s)
	g := t.grid("metric", "base:", "head:", "change:", strings.TrimSpace(common+" interval"), "budget", "verdict")
	var notes remarks
	for _, r := range rowsOf(s) {
		interval := r.interval
		if common == "" && r.level != "" {
			interval += " at " + r.level
		}
		g.add(cell{r.title, normal}, cell{r.base, normal}, cell{r.head, normal}, cell{r.delta, normal},
			cell{interval, dim}, cell{r.budget, normal}, verdictText(r.verdict))
		notes.add(r.noun, plain(r.why, noteWidth))
	}
	t.put(g.dense(), "  ")
	for _, n := range notes.lines() {
		t.wrapped("  ", n)
	}
}

func verdictText(v record.Verdict) cell {
	if v == record.None {
		return cell{"–", dim}
	}
	return cell{word(v), tone(v)}
}

func (t *terminal) cost(s record.Service) {
	if s.Cost == nil {
		return
	}
	c := *s.Cost
	t.line("")
	t.wrapped("  ", "cost on "+plain(place(c), nameWidth)+": "+costSentence(c))
	for _, line := range costLines(c, t.medium()) {
		t.wrapped("    ", line)
	}
	if !unmoved(c) {
		t.section(changedBill(c, t.medium()))
		t.section(pricesSection(c.Detail, t.medium()))
	}
}

// layers lists those that changed, those that grew first.
func (t *terminal) layers(s record.Service) {
	rows := changedLayers(layerRows(s.Base.Layers, s.Head.Layers))
	if len(rows) == 0 {
		return
	}
	t.line("")
	t.line("  " + layersTitle(rows))
	g := t.grid("layer:", "unpacked:", "compressed:", "", "instruction")
	g.cut = []bool{4: true}
	for _, l := range rows[:min(len(rows), mostLayers)] {
		g.add(cell{dash(l.number()), normal}, cell{l.growth(), bold}, cell{layerSize(l.base), normal}, cell{"→ " + layerSize(l.head), normal}, cell{plain(l.instruction, instructionWidth), dim})
	}
	t.put(g, "    ")
	if more := len(rows) - mostLayers; more > 0 {
		t.line("    … and " + plural(more, "more layer"))
	}
}

func (t *terminal) facts(s record.Service) {
	t.line("")
	for _, f := range facts(s) {
		t.wrapped("  ", f.name+": "+plain(f.text, noteWidth))
	}
}
