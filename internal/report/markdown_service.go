package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Most rows and bytes of the folded tables. An image has at most 127 layers; the long
// tail of them is noise.
const (
	mostLayers = 30
	mostItems  = 20
	tableBytes = 12_000
	// leastDetails is less than any folded section takes.
	leastDetails = 400
)

// details adds one folded section per service, as many as fit.
func (m comment) details(p *page) {
	left := 0
	for _, s := range m.services {
		if p.room() < leastDetails {
			left++
			continue
		}
		text := m.service(s, p.room()-1, &p.left)
		if text == "" {
			left++
			continue
		}
		p.put(s.Name, text)
	}
	if left > 0 {
		p.left = append(p.left, "the details of "+plural(left, "service"))
	}
}

// service is one folded section within limit bytes. Parts that do not fit are
// added to left; it is empty when not even the metrics fit.
func (m comment) service(s record.Service, limit int, left *[]string) string {
	frame := folded(serviceSummary(s), "")
	inner := &page{limit: limit - len(frame)}
	inner.put("metrics", metricTable(s))
	if len(inner.left) > 0 {
		return ""
	}
	inner.put("warnings", warningList(serviceWarnings(s), 10))
	inner.put("images", imageTable(s))
	dress := inMarkdown(m.mostRows())
	inner.sections([]section{laddersOf(s, dress)})
	inner.put("where the growth comes from", under("Why the image changed", bullets(origin(s, dress), 10)))
	inner.put("layers", layerTable(s))
	inner.sections(sectionsOf(s, dress))
	inner.put("cost", costPart(s, dress))
	inner.sections(costParts(s, dress))
	inner.put("the patch of the manifest", manifestPatch(s))
	inner.put("run", factList(s))
	for _, name := range inner.left {
		*left = append(*left, name+" of "+code(s.Name, nameWidth))
	}
	return folded(serviceSummary(s), inner.b.String())
}

// Most rows of a table on the contents of an image, where one service or few
// are compared, and where many share the room.
const (
	mostRows  = 10
	fewerRows = 5
)

func (m comment) mostRows() int {
	if len(m.services) > 3 {
		return fewerRows
	}
	return mostRows
}

// serviceSummary counts what is inside: "api · 1 of 4 budgets over the line ·
// 2 layers changed · +$86 a month".
func serviceSummary(s record.Service) string {
	parts := []string{mark(s.Verdict) + " " + htmlCode(s.Name, nameWidth), budgetCount(s)}
	if n := len(changedLayers(layerRows(s.Base.Layers, s.Head.Layers))); n > 0 {
		parts = append(parts, plural(n, "layer")+" changed")
	}
	if b, ok := billOf(s); ok && b.sure && b.counts() {
		parts = append(parts, plus(b.head-b.base, round(b.symbol, b.head-b.base))+" a month")
	}
	if n := len(serviceWarnings(s)); n > 0 {
		parts = append(parts, plural(n, "warning"))
	}
	return strings.Join(parts, " · ")
}

func budgetCount(s record.Service) string {
	rows := rowsOf(s)
	budgets := len(rows) - len(with(rows, record.None))
	over := len(with(rows, record.Fail))
	switch {
	case budgets == 0:
		return plural(len(rows), "metric")
	case over > 0:
		return fmt.Sprintf("%d of %s over the line", over, plural(budgets, "budget"))
	}
	return fmt.Sprintf("%d of %s held", len(with(rows, record.Pass)), plural(budgets, "budget"))
}

// metricTable lists every metric, and under it the notes.
func metricTable(s record.Service) string {
	common := commonLevel(s)
	head := "change:"
	if common != "" {
		head = "change [" + common + " interval]:"
	}
	t := &table{heads: []string{"metric", "base:", "head:", head, "budget:", "verdict"}}
	var notes remarks
	for _, r := range rowsOf(s) {
		cell := changeCell(r)
		if r.level != "" && common == "" {
			cell += solid(" at " + r.level)
		}
		t.add(r.title, solid(r.base), solid(r.head), cell, dash(parts(r.budget)), verdictCell(r.verdict))
		if r.beside() == "" {
			notes.add(r.noun, text(r.why, noteWidth))
		}
	}
	return joinParts([]string{t.dense().render(tableBytes, "metric"), bullets(notes.lines(), 10)})
}

func verdictCell(v record.Verdict) string {
	if v == record.None {
		return "–"
	}
	return solid(mark(v) + " " + word(v))
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// imageTable sets the two images side by side.
func imageTable(s record.Service) string {
	if s.Base.Image == "" && s.Head.Image == "" {
		return ""
	}
	t := &table{heads: []string{"", "base", "head"}}
	t.add("image", code(s.Base.Image, imageWidth), code(s.Head.Image, imageWidth))
	if s.Base.Digest != "" || s.Head.Digest != "" {
		t.add("digest", code(digest(s.Base.Digest), nameWidth), code(digest(s.Head.Digest), nameWidth))
	}
	if s.Base.Platform != "" || s.Head.Platform != "" {
		t.add("platform", code(s.Base.Platform, nameWidth), code(s.Head.Platform, nameWidth))
	}
	return under("Images", t.render(openBytes, "line"))
}

// digest is the first 12 digits of a digest, as the engine prints it.
func digest(s string) string {
	if hex, ok := strings.CutPrefix(s, "sha256:"); ok && len(hex) > 12 {
		return hex[:12]
	}
	return s
}

// layerTable lists changed layers first, and by what they grew.
func layerTable(s record.Service) string {
	rows := layerRows(s.Base.Layers, s.Head.Layers)
	t := &table{heads: []string{"layer:", "change, unpacked:", "base, compressed:", "head, compressed:", "instruction"}}
	t.more = max(0, len(rows)-mostLayers)
	for _, l := range rows[:len(rows)-t.more] {
		name := "–"
		if l.instruction != "" {
			name = code(l.instruction, instructionWidth)
		}
		t.add(dash(l.number()), solid(dash(l.growth())), solid(layerSize(l.base)), solid(layerSize(l.head)), name)
	}
	return under("Layers", t.render(tableBytes, "layer"))
}

// costPart is what head costs against base, and why.
func costPart(s record.Service, m medium) string {
	if s.Cost == nil {
		return ""
	}
	lines := bullets(costLines(*s.Cost, m), 15)
	return under("Cost on "+text(place(*s.Cost), nameWidth), joinParts([]string{costSentence(*s.Cost) + "\n", lines}))
}

// costParts are the bill and what stands behind it.
func costParts(s record.Service, m medium) []section {
	if s.Cost == nil || unmoved(*s.Cost) {
		return nil
	}
	parts := append([]section{changedBill(*s.Cost, m)}, behindEstimate(s.Cost.Detail, m)...)
	return append(parts, pricesSection(s.Cost.Detail, m))
}

// joinParts puts an empty line between parts, and none for those that are empty.
func joinParts(parts []string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "\n")
}

// place is the platform and, where prices depend on it, the region; foreign.
func place(c record.CostChange) string {
	if c.Region == "" {
		return c.Platform
	}
	return c.Platform + ", " + c.Region
}

// costChange is "+$86, +20.9 %, 90 % interval +$61 to +$104".
func costChange(c record.CostChange) string {
	sign, d := symbol(c.Currency), c.Head-c.Base
	if d == 0 && c.Low == 0 && c.High == 0 {
		return "unchanged"
	}
	parts := []string{plus(d, money(sign, d))}
	if strings.HasPrefix(parts[0], tiny) {
		return "a difference of " + parts[0]
	}
	if c.Base > 0 {
		parts = append(parts, change(c.Head/c.Base))
	}
	around := "interval " + plus(c.Low, money(sign, c.Low)) + " to " + plus(c.High, money(sign, c.High))
	switch {
	case c.Level == 0 && c.Low == c.High:
		parts = append(parts, "from too few pairs for an interval")
	case c.Level == 0:
		parts = append(parts, around)
	case c.Level < 1:
		parts = append(parts, level(c.Level)+" "+around)
	}
	return strings.Join(parts, ", ")
}

// factList tells how the service was run.
func factList(s record.Service) string {
	var entries []string
	for _, f := range facts(s) {
		entries = append(entries, f.name+": "+text(f.text, noteWidth))
	}
	return under("Run", bullets(entries, 10))
}
