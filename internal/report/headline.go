package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// sentence writes the one line that must be enough. quote dresses a service's
// name for the medium.
type sentence struct {
	subject string
	quote   func(string) string
}

// Headline is the verdict in one plain line, with the money: "This change makes
// api $86 a month dearer (+21 %), and peak memory is over the line". It suits a
// check's title or a log.
func Headline(c record.Comparison, o Options) string {
	return sentence{o.subject(), func(s string) string { return plain(s, nameWidth) }}.write(c)
}

// Unchanged reports whether a comparison has nothing to tell: every budget
// holds, and nothing that readers ask for has surely moved.
func Unchanged(c record.Comparison) bool {
	var w sentence
	w.quote = func(name string) string { return name }
	harmless := c.Verdict == record.Pass || c.Verdict == record.None
	return harmless && len(c.Warnings) == 0 && len(movedBills(bills(c.Services))) == 0 && len(w.moves(c, 0)) == 0 && len(w.unseen(c)) == 0 && len(w.uncounted(c)) == 0
}

func (w sentence) write(c record.Comparison) string { return w.verdict(c) + w.otherwise(c) }

func (w sentence) verdict(c record.Comparison) string {
	switch c.Verdict {
	case record.Fail:
		return w.fail(c) + w.lost(c)
	case record.Missing:
		return w.opened("Could not be measured: "+w.metrics(c, record.Missing, true), c)
	case record.Inconclusive:
		return w.opened("Not decided: "+w.metrics(c, record.Inconclusive, true)+besides(c), c)
	case record.Accepted:
		return w.opened("Accepted: "+w.metrics(c, record.Accepted, true)+" over the line, signed off"+w.by(c), c)
	case record.Pass:
		return w.opened("No action needed: "+w.held(c), c) + w.gains(c)
	}
	return w.open(c)
}

// otherwise names the services of which base and head did other work under load:
// "; api answers the load otherwise".
func (w sentence) otherwise(c record.Comparison) string {
	var names []string
	for _, s := range c.Services {
		if s.OtherWork {
			names = append(names, w.quote(s.Name))
		}
	}
	switch n := len(names); {
	case n == 0:
		return ""
	case n == 1:
		return "; " + names[0] + " answers the load otherwise"
	case n > 3:
		return "; " + plural(n, "service") + " answer the load otherwise"
	}
	return "; " + list(names) + " answer the load otherwise"
}

// by names who signed off: " by octocat".
func (w sentence) by(c record.Comparison) string {
	if c.Accepted == nil || c.Accepted.By == "" {
		return ""
	}
	return " by " + w.quote(c.Accepted.By)
}

// fail leads with the money where it moved, and names what is over the line.
func (w sentence) fail(c record.Comparison) string {
	paid := w.paid(c)
	if paid == "" {
		return "Over the line: " + w.metrics(c, record.Fail, true) + w.evidence(c, true)
	}
	if w.onlyCost(c) {
		return paid + ", which is over the line" + w.evidence(c, false)
	}
	join, verb := ", and ", " is over the line"
	if strings.Contains(paid, " cheaper") {
		join = ", but "
	}
	if tally(c, record.Fail) > 1 {
		verb = " are over the line"
	}
	return paid + join + w.metrics(c, record.Fail, len(c.Services) > 1) + verb + w.evidence(c, true)
}

// evidence is the change and the budget in brackets, where a single budget
// failed: " (+13.2 %, budget +10 % or +2 MiB)".
func (w sentence) evidence(c record.Comparison, withChange bool) string {
	var failed []row
	for _, s := range c.Services {
		failed = append(failed, with(rowsOf(s), record.Fail)...)
	}
	if len(failed) != 1 {
		return ""
	}
	evidence := "budget " + dash(failed[0].budget)
	if withChange {
		evidence = about(failed[0].delta, failed[0].sure == estimated) + ", " + evidence
	}
	return " (" + evidence + ")"
}

// onlyCost reports whether cost is the one budget that failed.
func (w sentence) onlyCost(c record.Comparison) bool {
	only := false
	for _, s := range c.Services {
		for _, m := range s.Metrics {
			if m.Verdict == record.Fail {
				if m.ID != record.CostMonth || only {
					return false
				}
				only = true
			}
		}
	}
	return only
}

// opened puts what the money did behind a verdict.
func (w sentence) opened(verdict string, c record.Comparison) string {
	if money := w.after(c); money != "" {
		return verdict + "; " + money
	}
	return verdict
}

// open is the sentence where nobody set a budget: the money, else what moved.
func (w sentence) open(c record.Comparison) string {
	suffix := "; no budgets are set"
	names := w.uncounted(c)
	if len(names) > 0 {
		suffix = "; no pair of boots counted, and no budgets are set"
		if len(c.Services) > 1 {
			suffix = "; no pair of boots of " + list(names) + " counted, and no budgets are set"
		}
	}
	if paid := w.paid(c); paid != "" {
		return paid + suffix
	}
	if moves := slices.Concat(w.moves(c, 0), w.unseen(c)); len(moves) > 0 {
		return w.subject + " brings " + list(atMost(moves)) + suffix
	}
	if len(c.Services) == 0 {
		return w.subject + " touches no service that is measured"
	}
	if len(names) == len(c.Services) {
		return "Nothing is known of the boots" + suffix
	}
	if len(alike(c.Services)) == 0 {
		return "No change that can be compared" + suffix
	}
	return "No measurable change" + suffix
}

// paid is "This change makes api $86 a month dearer (+21 %)", or empty where no
// bill surely moved.
func (w sentence) paid(c record.Comparison) string {
	sure := movedBills(bills(alike(c.Services)))
	if len(sure) == 0 {
		return ""
	}
	return w.subject + " makes " + w.who(sure) + " " + dearer(sure)
}

// after is the money as an afterthought: "api is $86 a month dearer (+21 %)".
func (w sentence) after(c record.Comparison) string {
	all := bills(alike(c.Services))
	sure := movedBills(all)
	switch {
	case !slices.ContainsFunc(all, func(b bill) bool { return b.bounded }):
		return ""
	case len(sure) == 0:
		return "the bill stays the same"
	case len(sure) == 1 && len(c.Services) == 1 && c.Verdict == record.Pass:
		return "it is " + dearer(sure)
	case len(sure) == 1:
		return w.who(sure) + " is " + dearer(sure)
	}
	return w.who(sure) + " are together " + dearer(sure)
}

func (w sentence) who(all []bill) string {
	if len(all) == 1 {
		return w.quote(all[0].service)
	}
	return plural(len(all), "service")
}

// dearer sums the bills: "$86 a month dearer (+21 %)".
func dearer(all []bill) string {
	var base, head float64
	for _, b := range all {
		base, head = base+b.base, head+b.head
	}
	word, d := "dearer", head-base
	if d < 0 {
		word, d = "cheaper", -d
	}
	s := round(all[0].symbol, d) + " a month " + word
	if base > 0 {
		s += " (" + whole(head/base) + ")"
	}
	return s
}

// held counts the budgets that were kept.
func (w sentence) held(c record.Comparison) string {
	n := tally(c, record.Pass)
	if len(c.Services) == 1 {
		if n == 1 {
			return w.quote(c.Services[0].Name) + " is within its budget"
		}
		return fmt.Sprintf("%s is within its %d budgets", w.quote(c.Services[0].Name), n)
	}
	return fmt.Sprintf("%s within %s", plural(len(c.Services), "service"), plural(n, "budget"))
}

// besides counts the budgets that hold beside those that are not decided.
func besides(c record.Comparison) string {
	switch n := tally(c, record.Pass); n {
	case 0:
		return ""
	case 1:
		return " (the other budget holds)"
	default:
		return fmt.Sprintf(" (%d other budgets hold)", n)
	}
}

// metrics lists what has the verdict: "peak memory and startup", with the
// service on demand, and a count where there are many.
func (w sentence) metrics(c record.Comparison, v record.Verdict, named bool) string {
	n := tally(c, v)
	switch {
	case n == 0:
		return w.services(c, v)
	case n > 3:
		return plural(n, "budget") + " of " + w.services(c, v)
	}
	var parts []string
	for _, s := range c.Services {
		var names []string
		for _, m := range s.Metrics {
			if m.Verdict == v {
				names = append(names, noun(m.ID))
			}
		}
		if len(names) > 0 {
			parts = append(parts, w.of(s, list(names), named))
		}
	}
	if v == record.Missing {
		parts = append(parts, w.absent(c)...)
	}
	return list(parts)
}

func (w sentence) of(s record.Service, what string, named bool) string {
	if named {
		return what + " of " + w.quote(s.Name)
	}
	return what
}

// services names those whose verdict is v.
func (w sentence) services(c record.Comparison, v record.Verdict) string {
	var names []string
	for _, s := range c.Services {
		if s.Verdict == v {
			names = append(names, w.quote(s.Name))
		}
	}
	if len(names) > 3 {
		return plural(len(names), "service")
	}
	if len(names) == 0 {
		return "this comparison"
	}
	return list(names)
}

// gains are large changes that no budget minds, and that a reader would want to
// know of all the same: "; compressed size -89.1 %, startup -98.4 %".
func (w sentence) gains(c record.Comparison) string {
	moves := atMost(w.moves(c, math.Log(1.1)))
	if len(moves) == 0 {
		return ""
	}
	return "; " + strings.Join(moves, ", ")
}

// mostMoves is how many changes a sentence can carry.
const mostMoves = 4

// moves lists changes that are sure and beyond least (a logarithm), of what
// readers ask for first.
func (w sentence) moves(c record.Comparison, least float64) []string {
	var names []string
	for _, s := range c.Services {
		for _, choice := range leading {
			if m, ok := firstOf(s, choice); ok && m.ID != record.CostMonth && moved(m, least) && (!s.OtherWork || !m.ID.UnderLoad()) {
				text, _, _ := delta(m)
				names = append(names, w.of(s, noun(m.ID), len(c.Services) > 1)+" "+about(text, m.Estimated))
			}
		}
	}
	return names
}

// atMost cuts a list of changes to what a sentence can carry.
func atMost(moves []string) []string {
	if more := len(moves) - mostMoves; more > 0 {
		return append(moves[:mostMoves:mostMoves], plural(more, "more metric"))
	}
	return moves
}

// unseen is what moved in images although their compressed size did not: bytes
// that compress to nothing, or were hidden rather than saved, and layers that
// are new to every node.
func (w sentence) unseen(c record.Comparison) []string {
	var names []string
	for _, s := range c.Services {
		if m, ok := firstOf(s, leading[0]); ok && moved(m, 0) {
			continue
		}
		for _, id := range []record.MetricID{record.ImageSize, record.ImageWasted} {
			if m, ok := find(s, id); ok && m.Difference != nil && finite(*m.Difference) && math.Abs(*m.Difference) >= leastGrowth {
				names = append(names, w.of(s, noun(id), len(c.Services) > 1)+" "+about(amount(m, *m.Difference), m.Estimated))
			}
		}
		if m, ok := find(s, record.ImagePull); ok && m.Head != nil && *m.Head >= leastGrowth {
			names = append(names, w.of(s, "a pull of "+side(m, m.Head)+" to nodes that hold base", len(c.Services) > 1))
		}
	}
	return names
}

// moved reports whether a metric surely changed, by more than least and by more
// than what prints as "0 %".
func moved(m record.Change, least float64) bool {
	text, _, _ := delta(m)
	_, by, _, _ := logs(m)
	return strings.HasSuffix(text, "%") && strings.ContainsAny(text, "123456789") && finite(by) && math.Abs(by) > least
}

// leads tells the metrics of the summary table.
func leads(id record.MetricID) bool {
	for _, choice := range leading {
		for _, m := range choice {
			if m == id {
				return true
			}
		}
	}
	return false
}

// tally counts the metrics with a verdict.
func tally(c record.Comparison, v record.Verdict) int {
	n := 0
	for _, s := range c.Services {
		for _, m := range s.Metrics {
			if m.Verdict == v {
				n++
			}
		}
	}
	return n
}

// list joins names as a sentence does: a, b and c.
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
