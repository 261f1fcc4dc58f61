package report

import (
	"fmt"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// row is one metric of one service in words. Every field but service and why is
// made of our own words and numbers; those two are foreign.
type row struct {
	service  string
	id       record.MetricID
	title    string
	noun     string // as it reads in a sentence: "peak memory"
	base     string
	head     string
	delta    string // "+12.3 %", "+$86 (+21 %)", "~", "?", "unchanged"
	interval string // "[+10.2, +13.1]", "" for exact metrics
	level    string // of the interval: "98 %"
	budget   string
	sure     string
	verdict  record.Verdict
	why      string // reason or note, foreign
}

// beside is the reason that fits beside a "?" in a table; a longer one stands
// below the table.
func (r row) beside() string {
	if r.delta != undefined || len(r.why) > 40 {
		return ""
	}
	return r.why
}

func rowsOf(s record.Service) []row {
	rows := make([]row, 0, len(s.Metrics))
	for _, c := range s.Metrics {
		rows = append(rows, rowOf(s.Name, c))
	}
	return rows
}

func rowOf(service string, c record.Change) row {
	r := row{
		service: service,
		id:      c.ID,
		title:   title(c.ID),
		noun:    noun(c.ID),
		base:    side(c, c.Base),
		head:    side(c, c.Head),
		budget:  budget(c),
		sure:    sureness(c),
		verdict: c.Verdict,
		why:     c.Note,
	}
	r.delta, r.interval, r.level = delta(c)
	if r.delta == undefined && r.why == "" {
		r.why = reason(c)
	}
	return r
}

// side prints one side's value, with "≈" before what a model stood in for.
func side(c record.Change, v *float64) string {
	if v == nil {
		return undefined
	}
	if c.Estimated && *v != 0 {
		return "≈" + Value(c.ID, c.Unit, *v)
	}
	return Value(c.ID, c.Unit, *v)
}

// delta is the change in the form its metric is compared in, the interval
// around it and the interval's level.
func delta(c record.Change) (text, around, at string) {
	m, _ := record.Lookup(c.ID)
	switch {
	case c.Shift != nil && (m.Zeroable || c.Ratio == nil):
		return shiftDelta(c)
	case c.Ratio != nil:
		return ratioDelta(*c.Ratio)
	case c.Difference != nil && finite(*c.Difference):
		return amount(c, *c.Difference), "", ""
	}
	return undefined, "", ""
}

func ratioDelta(r record.Ratio) (text, around, at string) {
	if r.Level == 1 && r.Ratio == 1 {
		return "unchanged", "", ""
	}
	text = change(r.Ratio)
	if r.Level == 1 || text == undefined {
		return text, "", ""
	}
	if r.Low <= 1 && 1 <= r.High {
		text = "~"
	}
	return text, interval(points((r.Low-1)*100), points((r.High-1)*100)), level(r.Level)
}

func shiftDelta(c record.Change) (text, around, at string) {
	s := *c.Shift
	if s.Difference == 0 && s.Low == 0 && s.High == 0 {
		return "unchanged", "", ""
	}
	text = amount(c, s.Difference)
	if s.Level == 1 || text == undefined || strings.HasPrefix(text, tiny) {
		return text, "", ""
	}
	if s.Low <= 0 && 0 <= s.High {
		text = "~"
	}
	return text, interval(difference(c.ID, c.Unit, s.Low), difference(c.ID, c.Unit, s.High)), level(s.Level)
}

// amount is a difference in the metric's unit, for money with the share of
// base it makes.
func amount(c record.Change, d float64) string {
	s := difference(c.ID, c.Unit, d)
	if d != 0 && !strings.HasPrefix(s, tiny) && c.Unit == record.UnitUSD && c.Base != nil && *c.Base > 0 {
		s += " (" + change(1 + d / *c.Base) + ")"
	}
	return s
}

// reason says why a change is undefined when the comparison did not.
func reason(c record.Change) string {
	switch {
	case c.Base == nil && c.Head == nil:
		return "not measured"
	case c.Base == nil:
		return "not measured on base"
	case c.Head == nil:
		return "not measured on head"
	case *c.Base == 0:
		return "base is zero"
	}
	return "not compared"
}

// budget reads "≤ 200 MiB, +10 % or +2 MiB": head may exceed base by the larger
// of the two growths. Where higher is better the growth is a loss.
func budget(c record.Change) string {
	if c.Budget == nil {
		return ""
	}
	var parts []string
	if c.Budget.Max != nil {
		parts = append(parts, "≤ "+Value(c.ID, c.Unit, *c.Budget.Max))
	}
	if c.Budget.Grow != nil {
		parts = append(parts, growth(c))
	}
	return strings.Join(parts, ", ")
}

func growth(c record.Change) string {
	if c.ID == record.ImagePull {
		return pullGrowth(*c.Budget)
	}
	sign := "+"
	if c.Direction == record.Higher {
		sign = "-"
	}
	s := sign + share(*c.Budget.Grow)
	if c.Budget.Floor > 0 {
		s += " or " + sign + Value(c.ID, c.Unit, c.Budget.Floor)
	}
	return s
}

// pullGrowth words the budget of image.pull: a node that holds base has nothing
// to pull, so growth is a share of head's compressed size.
func pullGrowth(b record.Budget) string {
	s := "≤ " + share(*b.Grow) + " of the image"
	if b.Floor > 0 {
		s += " or " + decimalBytes.print(b.Floor)
	}
	return s
}

// estimated is how sure a number is that a model stood in for.
const estimated = "estimated"

// sureness says what the verdict rests on.
func sureness(c record.Change) string {
	switch {
	case c.Verdict == record.Missing:
		return "not measured"
	case c.N == 0 && c.Estimated:
		return estimated
	case c.N == 0:
		return "exact"
	case c.Budget != nil && c.Budget.Grow == nil:
		return plural(c.N, "boot") + " of head"
	case c.Shift != nil && c.Ratio == nil:
		return level(c.Shift.Level) + ", " + plural(c.N, "pair")
	case c.Ratio != nil:
		return level(c.Ratio.Level) + ", " + plural(c.N, "pair")
	}
	return plural(c.N, "pair")
}

// title is the catalog's name of a metric; one that is not in the catalog is
// called by its identifier.
func title(id record.MetricID) string {
	if m, ok := record.Lookup(id); ok {
		return m.Title
	}
	if text, ok := threshold(id); ok {
		return thresholdPrefix + text
	}
	if name := identifier(string(id), 32); name != "" {
		return name
	}
	return "unnamed metric"
}

var nouns = map[record.MetricID]string{
	record.ImageSize:       "unpacked image size",
	record.ImageCompressed: "compressed size",
	record.ImagePull:       "pull size",
	record.ImageWasted:     "wasted image space",
	record.ImageLayers:     "layer count",
	record.ImageFiles:      "file count",
	record.StartupReady:    "startup",
	record.MemoryIdle:      "idle memory",
	record.MemoryPeak:      "peak memory",
	record.CPUIdle:         "idle CPU",
	record.LoadP50:         "p50 latency",
	record.LoadP95:         "p95 latency",
	record.LoadP99:         "p99 latency",
	record.LoadErrors:      "error rate",
	record.RunSeconds:      "run time",
	record.StopSeconds:     "stop time",
	record.RecoverSeconds:  "recovery time",
	record.CostMonth:       "cost",
}

// noun names a metric within a sentence, in the singular.
func noun(id record.MetricID) string {
	if n, ok := nouns[id]; ok {
		return n
	}
	if text, ok := threshold(id); ok {
		return "k6's threshold " + text
	}
	return title(id)
}

// mark is the verdict at a glance.
func mark(v record.Verdict) string {
	switch v {
	case record.Pass:
		return "✅"
	case record.Fail:
		return "❌"
	case record.Inconclusive:
		return "⚠️"
	case record.Missing:
		return "❓"
	case record.Accepted:
		return "☑️"
	}
	return "ℹ️"
}

// word is the verdict in a table; a metric without a budget has none.
func word(v record.Verdict) string {
	if !v.Known() {
		return undefined
	}
	return string(v)
}

// judgement is how a service's verdict reads to people.
func judgement(v record.Verdict) string {
	if v == record.None {
		return "no budgets"
	}
	return word(v)
}

// with filters the rows by verdict.
func with(rows []row, verdicts ...record.Verdict) []row {
	var kept []row
	for _, r := range rows {
		for _, v := range verdicts {
			if r.verdict == v {
				kept = append(kept, r)
			}
		}
	}
	return kept
}

// remarks collects notes on metrics. Several metrics often share one, such as
// the crash that kept all of them from being measured.
type remarks []remarkOn

type remarkOn struct {
	names []string
	text  string
}

func (rs *remarks) add(name, text string) {
	if text == "" {
		return
	}
	for i := range *rs {
		if (*rs)[i].text == text {
			(*rs)[i].names = append((*rs)[i].names, name)
			return
		}
	}
	*rs = append(*rs, remarkOn{[]string{name}, text})
}

// lines are the notes behind the names they are about.
func (rs remarks) lines() []string {
	lines := make([]string, len(rs))
	for i, r := range rs {
		lines[i] = list(r.names) + ": " + r.text
	}
	return lines
}

// plural counts things: "1 pair", "12 pairs".
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
