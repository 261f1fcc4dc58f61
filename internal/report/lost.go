package report

import "github.com/plimsoll-ci/plimsoll/internal/record"

// lost tells what could not be measured beside what failed: budgets by their
// number, and services of which there is nothing at all by their names.
func (w sentence) lost(c record.Comparison) string {
	all := w.absent(c)
	if n := tally(c, record.Missing); n > 0 {
		all = append([]string{plural(n, "budget")}, all...)
	}
	if len(all) == 0 {
		return ""
	}
	return "; " + list(all) + " could not be measured"
}

// absent names the services that are missing as a whole, few of them.
func (w sentence) absent(c record.Comparison) []string {
	var names []string
	for _, s := range c.Services {
		if s.Verdict == record.Missing && len(s.Metrics) == 0 {
			names = append(names, w.quote(s.Name))
		}
	}
	if len(names) > 3 {
		return []string{plural(len(names), "service")}
	}
	return names
}

// uncounted are the services of which every pair of boots was left out, so that
// nothing is known of them but their images.
func (w sentence) uncounted(c record.Comparison) []string {
	var names []string
	for _, s := range c.Services {
		if s.Pairs == 0 && s.Voided > 0 {
			names = append(names, w.quote(s.Name))
		}
	}
	return names
}
