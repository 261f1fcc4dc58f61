package report

import (
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Annotation says on one plain line what became of a budget, for the line of
// the configuration that set it: "api: peak memory 182 MiB → 206 MiB, +13.2 %
// [+12.1, +14.3] (98 %, 12 pairs), budget +10 % or +2 MiB".
func Annotation(s record.Service, c record.Change) string {
	r := rowOf(s.Name, c)
	name := plain(s.Name, nameWidth) + ": " + r.noun
	if c.Verdict == record.Missing {
		return because(name+" could not be measured, budget "+dash(r.budget), r.why)
	}
	text := name + " " + strings.TrimSpace(r.base+" → "+r.head+", "+r.delta+" "+r.interval) + " (" + r.sure + ")"
	if r.budget != "" {
		text += ", budget " + r.budget
	}
	return because(text, r.why)
}

// because appends a foreign reason, where there is one.
func because(text, why string) string {
	if why == "" {
		return text
	}
	return text + ": " + plain(why, noteWidth)
}
