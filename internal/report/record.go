package report

import (
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// RecordTerminal writes what is known of one image as plain text: its metrics,
// then its layers, lowest first.
func RecordTerminal(r record.Record, o Options) []byte {
	t := &terminal{o: o}
	t.line(paint(cell{plain(r.Image, imageWidth), bold}, o.Color))
	for _, f := range identity(r) {
		t.wrapped("  ", f.name+" "+plain(f.text, noteWidth))
	}
	t.warnings("", recordWarnings(r))
	t.line("")
	t.measured(r)
	if built := builtOn(r, t.medium()); built != "" {
		t.line("")
		t.wrapped("  ", built)
	}
	t.stack(r)
	for _, part := range contentsOf(r, t.medium()) {
		t.section(part)
	}
	return []byte(disarmed(t.b.String()))
}

func recordWarnings(r record.Record) []warning {
	var all []warning
	for _, w := range r.Warnings {
		all = append(all, warningOf(w))
	}
	return all
}

func (t *terminal) measured(r record.Record) {
	g := t.grid("metric", "value:", "over")
	for _, m := range measured(r) {
		g.add(cell{m.title, normal}, cell{m.value, bold}, cell{m.over, dim})
	}
	t.put(g.dense(), "  ")
	t.section(ladderOf(r, t.medium()))
}

func (t *terminal) stack(r record.Record) {
	if len(r.Layers) == 0 {
		return
	}
	t.line("")
	g := t.grid("layer:", "compressed:", "unpacked:", "files:", "instruction")
	for i, l := range r.Layers {
		g.add(cell{count(float64(i + 1)), dim}, cell{layerSize(&r.Layers[i]), normal}, cell{decimalBytes.print(float64(l.Size)), normal},
			cell{count(float64(l.Files)), normal}, cell{plain(instruction(l.Instruction), t.o.width()/2), dim})
	}
	t.put(g, "  ")
}

// RecordMarkdown is the same as Markdown, within the options' limit.
func RecordMarkdown(r record.Record, o Options) []byte {
	p := &page{limit: o.limit()}
	if r.Contents != nil {
		p.limit -= leftOutBytes
	}
	p.put("image", "### "+code(r.Image, imageWidth)+"\n")
	var lines []string
	for _, f := range identity(r) {
		lines = append(lines, f.name+" "+code(f.text, imageWidth))
	}
	p.put("identity", bullets(lines, 20))
	p.put("warnings", warningList(recordWarnings(r), 10))
	t := &table{heads: []string{"metric", "value:", "over"}}
	for _, m := range measured(r) {
		t.add(m.title, solid(m.value), dash(m.over))
	}
	p.put("metrics", under("Metrics", t.dense().render(p.room(), "metric")))
	m := inMarkdown(mostRows)
	p.sections([]section{ladderOf(r, m)})
	p.put("what it is built on", paragraph(builtOn(r, m)))
	p.put("layers", stackTable(r, p.room()))
	p.sections(contentsOf(r, m))
	if r.Contents != nil {
		p.b.WriteString(comment{o: o}.leftOut(p.left))
	}
	return []byte(p.b.String())
}

func stackTable(r record.Record, limit int) string {
	t := &table{heads: []string{"layer:", "compressed:", "unpacked:", "files:", "instruction"}}
	for i, l := range r.Layers {
		t.add(count(float64(i+1)), solid(layerSize(&r.Layers[i])), solid(decimalBytes.print(float64(l.Size))),
			count(float64(l.Files)), code(instruction(l.Instruction), instructionWidth))
	}
	return under("Layers", t.render(limit-len("**Layers**\n\n")-1, "layer"))
}

// identity says which image a record is of, and where it was measured.
func identity(r record.Record) []fact {
	all := []fact{{"digest", r.Digest}, {"platform", r.Platform}, {"from", r.Source}}
	if r.Setup != nil {
		all = append(all, fact{"limits", limits(r.Setup.Limits)}, fact{"load", offered(r.Setup.Load)})
	}
	if r.Environment != nil {
		all = append(all, fact{"machine", machine(*r.Environment)})
	}
	var known []fact
	for _, f := range all {
		if f.text != "" {
			known = append(known, f)
		}
	}
	return known
}

// metricRow is one metric of one image in words.
type metricRow struct{ title, value, over string }

// measured lists a record's metrics in the catalog's order.
func measured(r record.Record) []metricRow {
	var rows []metricRow
	for _, m := range record.Catalog {
		v, ok := r.Metrics[m.ID]
		if !ok {
			continue
		}
		value := Value(m.ID, m.Unit, v.Value)
		if v.Estimated {
			value = "≈" + value
		}
		rows = append(rows, metricRow{m.Title, value, spread(m, v)})
	}
	return rows
}

// spread is "20 boots, 198 ms to 214 ms".
func spread(m record.Metric, v record.Measured) string {
	if len(v.Values) < 2 {
		return ""
	}
	low, high := v.Values[0], v.Values[0]
	for _, x := range v.Values {
		low, high = min(low, x), max(high, x)
	}
	return strings.Join([]string{plural(len(v.Values), "boot") + ",", Value(m.ID, m.Unit, low), "to", Value(m.ID, m.Unit, high)}, " ")
}
