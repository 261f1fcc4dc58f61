package report

import (
	"fmt"
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// mostCauses are named; the rest is added up.
const mostCauses = 4

// causeLines say which measured inputs a difference comes from. What is less
// than a hundredth of it all is added to the rest.
func causeLines(c record.CostChange, m medium) []string {
	sign, all := symbol(c.Currency), 0.0
	for _, cause := range c.Causes {
		all += math.Abs(cause.Amount)
	}
	var lines []string
	rest, n := 0.0, 0
	for _, cause := range c.Causes {
		if len(lines) == mostCauses || math.Abs(cause.Amount) < 0.01*all || math.Abs(cause.Amount) < 0.005 {
			rest, n = rest+cause.Amount, n+1
			continue
		}
		lines = append(lines, causeLine(cause, sign, m))
	}
	if n > 0 && len(lines) > 0 {
		lines = append(lines, fmt.Sprintf("%s from %s", plus(rest, money(sign, rest)), plural(n, "smaller cause")))
	}
	return lines
}

func causeLine(c record.CostCause, sign string, m medium) string {
	line := plus(c.Amount, money(sign, c.Amount)) + " from "
	if metric, known := record.Lookup(c.Input); known {
		line += fmt.Sprintf("%s, %s → %s", noun(c.Input), m.number(Value(c.Input, metric.Unit, c.Base)), m.number(Value(c.Input, metric.Unit, c.Head)))
	} else {
		line += "what is " + m.prose(string(c.Input), nameWidth)
	}
	if c.How != "" {
		line += " (" + m.prose(c.How, noteWidth) + ")"
	}
	return line
}

// causesSection is the same as a table.
func causesSection(c record.CostChange, m medium) section {
	sign := symbol(c.Currency)
	s := section{title: "where the difference comes from", thing: "cause", columns: []column{
		{"a month", numbers}, {"cause", words}, {"base", numbers}, {"head", numbers}, {"what it changed", words},
	}}
	if unmoved(c) {
		return s
	}
	return fill(s, mostItems, c.Causes, nil, func(cause record.CostCause) []string {
		metric, known := record.Lookup(cause.Input)
		row := []string{plus(cause.Amount, money(sign, cause.Amount)), noun(cause.Input), "", "", m.prose(cause.How, noteWidth)}
		if known {
			row[2], row[3] = m.number(Value(cause.Input, metric.Unit, cause.Base)), m.number(Value(cause.Input, metric.Unit, cause.Head))
		}
		return row
	})
}

// unmoved reports whether both sides cost the same, and surely.
func unmoved(c record.CostChange) bool { return c.Head == c.Base && c.Low == 0 && c.High == 0 }

// costSentence is "$412 → $498 a month (+$86, +21 %, 90 % interval +$61 to +$104)".
func costSentence(c record.CostChange) string {
	sign := symbol(c.Currency)
	if unmoved(c) {
		return money(sign, c.Head) + " a month, unchanged"
	}
	return fmt.Sprintf("%s → %s a month (%s)", money(sign, c.Base), money(sign, c.Head), costChange(c))
}

// costLines stand under the sentence: what the difference comes from, where the
// next step is, and what to deploy. Where nothing changed only the steps matter.
func costLines(c record.CostChange, m medium) []string {
	if unmoved(c) {
		return append(stepLines(c.Detail, m), bookNotes(c.Detail, m)...)
	}
	return append(causeLines(c, m), consequences(c, m)...)
}

// consequences are where the next step is, and what to deploy.
func consequences(c record.CostChange, m medium) []string {
	lines := stepLines(c.Detail, m)
	for _, line := range []string{deployLine(c.Detail, m), decisionLine(c.Detail, m)} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// changedBill is the bill on both sides and how head's comes about.
func changedBill(c record.CostChange, m medium) section {
	sign := symbol(c.Currency)
	s := section{title: "bill", thing: "item", columns: []column{{"item", words}, {"base", numbers}, {"head", numbers}, {"how", words}}}
	if !unmoved(c) {
		s = fill(s, mostItems, items(c), nil, func(it item) []string {
			return []string{m.prose(it.name, nameWidth), paid(sign, it.base), paid(sign, it.head), m.prose(it.how, noteWidth)}
		})
	}
	for _, n := range c.Detail.Notes {
		s.notes = append(s.notes, m.prose(n, noteWidth))
	}
	return s
}
