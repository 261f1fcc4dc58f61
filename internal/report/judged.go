package report

import (
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// judged is one budget as the reports of CI systems list it, or a service that
// could not be measured at all.
type judged struct {
	service string
	name    string         // the metric's identifier, "measured" for a whole service
	verdict record.Verdict // Fail where the user has an inconclusive one count so
	text    string         // one plain line, safe to print
	file    string         // the configuration, "" when unknown
	line    int            // of the budget in it, 0 when unknown
}

// judge lists what has a verdict, in the order of the comparison. Within a
// service no name stands twice.
func judge(c record.Comparison) []judged {
	var all []judged
	seen := map[[2]string]int{}
	for _, s := range c.Services {
		of := judged{service: plain(s.Name, nameWidth), file: plain(c.ConfigOf(s), imageWidth)}
		lost := s.Verdict == record.Missing
		for _, m := range s.Metrics {
			if !m.Verdict.Known() || m.Verdict == record.None {
				continue
			}
			lost = lost && m.Verdict != record.Missing
			j := of
			j.name, j.verdict, j.text, j.line = checkName(m.ID), counted(m.Verdict, c.OnInconclusive), Annotation(s, m), m.Line
			all = append(all, unique(j, seen))
		}
		if lost {
			of.name, of.verdict, of.text = "measured", record.Missing, whyLost(s)
			all = append(all, unique(of, seen))
		}
	}
	return all
}

// unique numbers a name that stood before: systems that know a test by its name
// would drop the second one, and with it perhaps the failure.
func unique(j judged, seen map[[2]string]int) judged {
	at := [2]string{j.service, j.name}
	if seen[at]++; seen[at] > 1 {
		j.name = fmt.Sprintf("%s #%d", j.name, seen[at])
		return unique(j, seen)
	}
	return j
}

// counted is the verdict as the exit code has it.
func counted(v, onInconclusive record.Verdict) record.Verdict {
	if v == record.Inconclusive && onInconclusive == record.Fail {
		return record.Fail
	}
	return v
}

// checkName is a metric's identifier; of a threshold, which a stranger may have
// written, what is safe to show.
func checkName(id record.MetricID) string {
	if _, ok := record.Lookup(id); ok {
		return string(id)
	}
	return title(id)
}

// whyLost says why a service has no result. Its last warning is the reason.
func whyLost(s record.Service) string {
	text := plain(s.Name, nameWidth) + " could not be measured"
	if n := len(s.Warnings); n > 0 {
		return because(text, s.Warnings[n-1])
	}
	return text
}
