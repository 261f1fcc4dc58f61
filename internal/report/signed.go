package report

import (
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// mostSigned metrics are named; the rest is counted.
const mostSigned = 12

// signed says who signed off what is over the line, when, and for which commit:
// "Signed off by ada with the label plimsoll: accept on 23 November 2026 for commit
// 4f6c1de0a5: peak memory of api." It is "" where nobody did.
func signed(c record.Comparison, m medium) string {
	a := c.Accepted
	if a == nil {
		return ""
	}
	line := "Signed off by " + m.quote(a.By, nameWidth)
	if a.Label != "" {
		line += " with the label " + m.quote(a.Label, nameWidth)
	}
	if !a.At.IsZero() {
		line += " on " + a.At.UTC().Format("2 January 2006, 15:04 UTC")
	}
	if sha := identifier(a.Head, 64); sha != "" {
		line += " for commit " + m.quote(sha[:min(len(sha), 10)], nameWidth)
	}
	if what := accepted(c, m); len(what) > 0 {
		line += ": " + list(what)
	}
	return line + "."
}

// accepted names the metrics that were signed off.
func accepted(c record.Comparison, m medium) []string {
	var all []string
	more := 0
	for _, s := range c.Services {
		for _, metric := range s.Metrics {
			switch {
			case metric.Verdict != record.Accepted:
			case len(all) == mostSigned:
				more++
			default:
				all = append(all, noun(metric.ID)+" of "+m.quote(s.Name, nameWidth))
			}
		}
	}
	if more > 0 {
		all = append(all, plural(more, "more budget"))
	}
	return all
}
