package report

import (
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// metricsView is a table of metrics in words.
type metricsView struct {
	Count string // "6 metrics"
	Rows  []metricView
	Shown metricColumns
	Reach string // what the bars run from and to, "" without bars
	Left  string
}

type metricView struct {
	Title, Base, Head, Delta, Interval, Budget, Verdict, Mark, Why string
	Bar                                                            *bar
}

// metricColumns are those of a metric table that not every run fills.
type metricColumns struct {
	Interval             string // heads the bars
	Bar, Budget, Verdict bool
	Span                 int // of a row that has all of them
}

// metricTables are the metrics with a budget, which a reader has to know, and all
// the others; nil where there are none.
func metricTables(s record.Service) (budgets, others *metricsView) {
	var gated, free []record.Change
	for _, m := range s.Metrics {
		if m.Budget != nil || m.Verdict != record.None {
			gated = append(gated, m)
		} else {
			free = append(free, m)
		}
	}
	most, level := reach(s.Metrics), commonLevel(s)
	return tableOf(s.Name, gated, most, level), tableOf(s.Name, free, most, level)
}

func tableOf(service string, metrics []record.Change, most float64, level string) *metricsView {
	if len(metrics) == 0 {
		return nil
	}
	t := &metricsView{Count: plural(len(metrics), "metric"), Left: leftOf(len(metrics), "metric")}
	for _, m := range metrics[:min(len(metrics), mostShownRows)] {
		t.Rows = append(t.Rows, metricViewOf(rowOf(service, m), barOf(m, most), level))
	}
	if slices.ContainsFunc(t.Rows, func(m metricView) bool { return m.Bar != nil }) {
		t.Reach = logEnds(most)
	}
	t.Shown = columnsOf(t.Rows, level)
	return t
}

func metricViewOf(r row, b *bar, level string) metricView {
	interval := r.interval
	if interval != "" && level == "" {
		interval += " at " + r.level
	}
	return metricView{
		Title: r.title, Base: r.base, Head: r.head, Delta: r.delta, Interval: interval, Budget: dash(r.budget),
		Verdict: word(r.verdict), Mark: mark(r.verdict), Why: clean(r.why, noteWidth), Bar: b,
	}
}

func columnsOf(views []metricView, level string) metricColumns {
	shown := metricColumns{Span: 4}
	for _, m := range views {
		if m.Interval != "" {
			shown.Interval = strings.TrimSpace(level + " interval")
		}
		shown.Bar = shown.Bar || m.Bar != nil
		shown.Budget = shown.Budget || !nothing(m.Budget)
		shown.Verdict = shown.Verdict || m.Verdict != string(record.None)
	}
	for _, there := range []bool{shown.Bar, shown.Budget, shown.Verdict} {
		if there {
			shown.Span++
		}
	}
	return shown
}

// logEnds names the two ends of the bars: "-50 % to +100 %".
func logEnds(reach float64) string {
	high := math.Exp(reach)
	return whole(1/high) + " to " + whole(high)
}
