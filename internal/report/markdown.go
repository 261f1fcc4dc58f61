package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Most bytes of the sections above the fold, so that a run of many services
// still has room for details.
const (
	glanceBytes  = 8_000
	failingBytes = 12_000
	openBytes    = 8_000
	leftOutBytes = 1_000 // kept for saying what did not fit
)

// mostQuiet services without an alarm are listed; the rest are counted.
const mostQuiet = 15

// leading are the metrics of the summary table, each with what stands in for it.
var leading = [][]record.MetricID{
	{record.ImageCompressed, record.ImageSize},
	{record.StartupReady, record.RunSeconds},
	{record.MemoryPeak, record.MemoryIdle},
	{record.CPURequest, record.RunCPU},
	{record.CostMonth},
}

// Markdown writes the comparison for a comment or a job summary: the verdict
// first, then what is over the line, with all else folded away. It never
// exceeds the limit of the options; it is cut between sections and says what
// was left out.
func Markdown(c record.Comparison, o Options) []byte {
	m := comment{c: c, o: o, services: gravest(c.Services)}
	foot, explained := m.footer(), m.method()
	p := &page{limit: o.limit() - len(foot) - len(explained) - leftOutBytes}
	p.put("verdict", m.top())
	p.put("who signed off", paragraph(signed(m.c, inMarkdown(mostRows))))
	p.put("warnings", m.warnings())
	p.put("summary table", m.glance(min(p.room(), glanceBytes)))
	p.put("why the image grew", paragraph(imageLine(m.c, inMarkdown(mostRows))))
	p.put("budgets over the line", m.judged("Over the line", record.Fail, min(p.room(), failingBytes)))
	p.put("accepted budgets", m.judged("Accepted", record.Accepted, min(p.room(), openBytes)))
	p.put("what could not be measured", m.missing(min(p.room(), openBytes)))
	p.put("what is not decided", m.undecided(min(p.room(), openBytes)))
	p.put("what to do", m.advice())
	m.details(p)
	return []byte(p.b.String() + explained + m.leftOut(p.left) + foot)
}

// comment lays a comparison out as Markdown.
type comment struct {
	c        record.Comparison
	o        Options
	services []record.Service // gravest verdict first
}

// gravity orders verdicts for a reader, the gravest first.
var gravity = []record.Verdict{record.Fail, record.Missing, record.Inconclusive, record.Accepted, record.Pass, record.None}

func gravest(services []record.Service) []record.Service {
	sorted := slices.Clone(services)
	slices.SortStableFunc(sorted, func(a, b record.Service) int {
		return cmp.Compare(slices.Index(gravity, a.Verdict), slices.Index(gravity, b.Verdict))
	})
	return sorted
}

func (m comment) several() bool { return len(m.services) > 1 }

// top is the line that must be enough.
func (m comment) top() string {
	line := sentence{m.o.subject(), func(s string) string { return code(s, nameWidth) }}.write(m.c)
	return "### " + mark(m.c.Verdict) + " " + line + "\n"
}

func (m comment) warnings() string {
	return warningList(runWarnings(m.c), 5)
}

// warningList writes warnings as a list, what they quote as code below them.
func warningList(all []warning, most int) string {
	var entries []string
	for _, w := range all {
		entry := "⚠️ " + text(w.message, noteWidth)
		for _, line := range w.quoted {
			entry += "<br>" + code(line, quoteWidth)
		}
		entries = append(entries, entry)
	}
	return bullets(entries, most)
}

// glance has one row per service; columns nobody has a number for are left out.
func (m comment) glance(limit int) string {
	t := &table{heads: []string{"service"}}
	var columns [][]record.MetricID
	for _, choice := range leading {
		if name := m.column(choice); name != "" {
			columns = append(columns, choice)
			t.heads = append(t.heads, name+":")
		}
	}
	if len(columns) == 0 {
		return ""
	}
	for i, s := range m.services {
		if alarm(s.Verdict) == "" && i >= mostQuiet {
			t.more++
			continue
		}
		cells := []string{mark(s.Verdict) + "\u00a0" + code(s.Name, nameWidth)}
		for _, choice := range columns {
			cells = append(cells, glanceCell(s, choice))
		}
		t.add(cells...)
	}
	return t.render(limit, "service")
}

// column names the first metric of the choice that any service has.
func (m comment) column(choice []record.MetricID) string {
	for _, id := range choice {
		for _, s := range m.services {
			if _, ok := find(s, id); ok {
				return noun(id)
			}
		}
	}
	return ""
}

// find returns a service's metric; its cost may also come from the price alone.
func find(s record.Service, id record.MetricID) (record.Change, bool) {
	for _, c := range s.Metrics {
		if c.ID == id {
			return c, true
		}
	}
	if id == record.CostMonth && s.Cost != nil && s.Cost.Currency == "USD" {
		c := *s.Cost
		d := c.Head - c.Base
		return record.Change{ID: id, Unit: record.UnitUSD, Base: &c.Base, Head: &c.Head, Difference: &d,
			Shift: &record.Shift{Difference: d, Low: c.Low, High: c.High, Level: c.Level}, Verdict: record.None}, true
	}
	return record.Change{}, false
}

// glanceCell is "204 ms → 262 ms" over "+28 % ❌".
func glanceCell(s record.Service, choice []record.MetricID) string {
	c, ok := firstOf(s, choice)
	if !ok {
		return "–"
	}
	r := rowOf(s.Name, c)
	return arrow(r) + "<br>" + strings.TrimSpace(solid(r.delta)+" "+alarm(r.verdict))
}

// firstOf is the first metric of the choice that a service has.
func firstOf(s record.Service, choice []record.MetricID) (record.Change, bool) {
	for _, id := range choice {
		if c, ok := find(s, id); ok {
			return c, true
		}
	}
	return record.Change{}, false
}

func arrow(r row) string {
	if r.base == r.head {
		return solid(r.head)
	}
	return solid(r.base) + " → " + solid(r.head)
}

// alarm marks what needs an eye, and only that.
func alarm(v record.Verdict) string {
	switch v {
	case record.Pass, record.None:
		return ""
	}
	return mark(v)
}

// rows are all services' metrics with one of the verdicts.
func (m comment) rows(verdict record.Verdict) []row {
	var all []row
	for _, s := range m.services {
		all = append(all, with(rowsOf(s), verdict)...)
	}
	return all
}

// metric names a row's metric, with its service where there are several.
func (m comment) metric(r row) string {
	if m.several() {
		return code(r.service, nameWidth) + " " + r.noun
	}
	return r.noun
}

// judged is the table of budgets with one verdict and the evidence.
func (m comment) judged(heading string, verdict record.Verdict, limit int) string {
	t := &table{heads: []string{"metric", "base:", "head:", "change:", "budget:", "how sure"}}
	for _, r := range m.rows(verdict) {
		sure := parts(r.sure)
		if r.why != "" && r.why != r.sure && r.delta != undefined {
			sure += "; " + text(r.why, noteWidth/2)
		}
		t.add("**"+m.metric(r)+"**", solid(r.base), solid(r.head), changeCell(r), parts(r.budget), sure)
	}
	return under(heading, t.render(limit, "budget"))
}

// changeCell is a change and its interval, or "?" and the reason.
func changeCell(r row) string {
	if r.delta == undefined {
		return strings.TrimSpace(undefined + " " + text(r.beside(), noteWidth))
	}
	return strings.TrimSpace(solid(r.delta) + " " + solid(r.interval))
}

// missing has one row per reason, since one crash takes many metrics with it,
// and the warnings of the services that are concerned.
func (m comment) missing(limit int) string {
	var reasons remarks
	for _, r := range m.rows(record.Missing) {
		reasons.add(m.metric(r), text(cmp.Or(r.why, "no reason is recorded"), noteWidth))
	}
	t := &table{heads: []string{"budget on", "why"}}
	for _, r := range reasons {
		t.add("**"+list(r.names[:min(len(r.names), mostNames)])+"**"+others(len(r.names)-mostNames), r.text)
	}
	body := t.render(limit/2, "reason")
	for _, s := range m.services {
		if told := warningList(serviceWarnings(s), 3); incomplete(s) && len(body)+len(told) < limit-tableTail {
			body = joinParts([]string{body, told})
		}
	}
	return under("Could not be measured", body)
}

// mostNames is how many metrics a row names; the rest are counted.
const mostNames = 12

func others(more int) string {
	if more <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", more)
}

func (m comment) undecided(limit int) string {
	t := &table{heads: []string{"metric", "base:", "head:", "change:", "budget:", "what would settle it"}}
	for _, s := range m.services {
		for _, c := range s.Metrics {
			if c.Verdict != record.Inconclusive {
				continue
			}
			r := rowOf(s.Name, c)
			t.add("**"+m.metric(r)+"**", solid(r.base), solid(r.head), changeCell(r), parts(r.budget), settleCell(r, c))
		}
	}
	return under("Not decided", t.render(limit, "budget"))
}

// settleCell is the comparison's own remedy, else the general one.
func settleCell(r row, c record.Change) string {
	if r.why == "" {
		return settle(c)
	}
	return text(r.why, noteWidth)
}

// advice is shown only when something is over the line.
func (m comment) advice() string {
	entries := advice(m.c, m.o, inMarkdown(mostRows))
	return under("What to do", bullets(entries, 8))
}

// method is the folded explanation of the numbers.
func (m comment) method() string {
	summary := "How this was measured"
	if len(m.services) == 1 {
		summary += ": " + htmlText(pairs(m.services[0]), noteWidth)
	}
	return folded(summary, methodOf(m.c)+"\n") + "\n"
}

// methodOf explains the numbers of a run, or of none.
func methodOf(c record.Comparison) string {
	if !booted(c) && !slices.ContainsFunc(c.Services, func(s record.Service) bool { return len(s.Metrics) > 0 }) {
		return "Nothing was measured."
	}
	if !booted(c) {
		return "Nothing was booted: the numbers of an image are exact, and need no statistics."
	}
	return method
}

func booted(c record.Comparison) bool {
	return slices.ContainsFunc(c.Services, func(s record.Service) bool { return s.Pairs > 0 || s.Voided > 0 })
}

// leftOut says what the limit cost, and where it is to be found.
func (m comment) leftOut(names []string) string {
	if len(names) == 0 {
		return ""
	}
	if len(names) > 4 {
		names = append(names[:3:3], fmt.Sprintf("%d more sections", len(names)-3))
	}
	where := "the full report"
	if m.o.Rest.Text != "" {
		where = link(text(m.o.Rest.Text, nameWidth), m.o.Rest.URL)
	}
	return "Left out for length: " + list(names) + ". All of it is in " + where + ".\n\n"
}

func (m comment) footer() string {
	var parts []string
	add := func(name string, c Commit) {
		if c.SHA != "" {
			sha := shorten(identifier(c.SHA, 64), 64)
			parts = append(parts, name+" "+link("`"+sha[:min(len(sha), 10)]+"`", c.URL))
		}
	}
	add("head", m.o.Head)
	add("base", m.o.Base)
	for _, l := range m.o.Links {
		parts = append(parts, link(text(l.Text, nameWidth), l.URL))
	}
	if m.c.Tool != "" {
		parts = append(parts, text(m.c.Tool, nameWidth))
	}
	if len(parts) == 0 {
		return ""
	}
	return "<sub>" + strings.Join(parts, " · ") + "</sub>\n"
}
