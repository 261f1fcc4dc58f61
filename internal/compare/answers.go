package compare

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

const (
	// answersApart is the share of the load from which on it tells two images apart
	// that it was answered otherwise: with success, redirected, refused, not at all.
	answersApart = 0.01
	// workApart is the share of the load that head alone must have answered with
	// success to be excused for what that costs.
	workApart = 0.1
	// mostStatuses is how many statuses of a side are named.
	mostStatuses = 3
)

// answers are how a side answered the load.
type answers struct {
	statuses map[int]int // of the good answers, how many had which; some loads do not tell
	good     int
	failed   int // requests without a good answer
}

func (a *answers) add(t *record.Trial) {
	if t.Load == nil {
		return
	}
	a.good += t.Load.Completed
	a.failed += t.Load.Errors
	if a.statuses == nil {
		a.statuses = map[int]int{}
	}
	for status, n := range t.Load.Statuses {
		a.statuses[status] += n
	}
}

func (a answers) requests() int { return a.good + a.failed }

// ofClass is the share of the good answers that have a status from class*100 on, of
// those whose status is known: not a number where none is.
func (a answers) ofClass(class int) float64 {
	n, all := 0, 0
	for status, each := range a.statuses {
		if all += each; status/100 == class {
			n += each
		}
	}
	return float64(n) / float64(all)
}

// errors is the share of the load without a good answer.
func (a answers) errors() float64 { return float64(a.failed) / float64(a.requests()) }

// String names the most frequent: "200 (90 %), 404 (10 %)", and behind them what
// had no good answer.
func (a answers) String() string {
	share := func(n int) string {
		percent := 100 * float64(n) / float64(a.requests())
		if percent < 10 {
			return fmt.Sprintf("(%.1f %%)", percent)
		}
		return fmt.Sprintf("(%.0f %%)", percent)
	}
	all := slices.SortedFunc(maps.Keys(a.statuses), func(x, y int) int {
		return cmp.Or(a.statuses[y]-a.statuses[x], x-y)
	})
	switch {
	case len(all) == 1 && a.failed == 0:
		return fmt.Sprint(all[0])
	case len(all) == 0 && a.failed == 0:
		return "good answers"
	case a.good == 0:
		return "errors"
	}
	var words []string
	for _, status := range all[:min(len(all), mostStatuses)] {
		words = append(words, fmt.Sprint(status, " ", share(a.statuses[status])))
	}
	if len(all) == 0 {
		words = append(words, "good answers "+share(a.good))
	}
	if a.failed > 0 {
		words = append(words, "errors "+share(a.failed))
	}
	return strings.Join(words, ", ")
}

// work is what base and head did for the same requests, as far as their answers
// tell. An image that has lost its routes answers with 404, well enough for the
// load, fast and at little cost; and what fails may cost nothing.
type work struct {
	other           bool // head answered otherwise than base
	statuses        bool // with other statuses, that is
	less, more      bool // and of its good answers no more were successes, or many more
	fails, recovers bool // more of its requests failed, or far fewer
}

func compareWork(pairs []pair) work {
	var base, head answers
	for _, p := range pairs {
		base.add(p.base)
		head.add(p.head)
	}
	return head.against(base)
}

// against says how these are other than base's.
func (a answers) against(base answers) work {
	var w work
	if base.requests() == 0 || a.requests() == 0 {
		return w
	}
	errors := a.errors() - base.errors()
	w.fails, w.recovers = errors >= answersApart, errors <= -workApart
	// Not a number, and so never apart, where a side does not tell its statuses.
	gained := func(class int) float64 { return a.ofClass(class) - base.ofClass(class) }
	for class := 1; class <= 9; class++ {
		w.statuses = w.statuses || math.Abs(gained(class)) >= answersApart
	}
	w.other = w.statuses || math.Abs(errors) >= answersApart
	const successes = 2
	w.less = w.statuses && gained(successes) < answersApart
	w.more = w.statuses && gained(successes) >= workApart
	return w
}

// doubt says why the outcome of a claim shows nothing, as base and head did other
// work, "" where it does. That head is over a limit holds whatever base did.
func (m *matchup) doubt(c claim, o outcome) string {
	_, grows := c.hypothesis.(growth)
	// These two are about what fails, and tell of it as it is.
	itself := c.id == record.LoadErrors || c.id == record.LoadRate
	switch {
	case !m.work.other || !m.underLoad(c.id):
		return ""
	case o.verdict == record.Pass && m.work.less:
		return "within its budget, but head answered the load otherwise than base and with no more success: it may have done less"
	case o.verdict == record.Pass && m.work.fails && !itself:
		return "within its budget, but more of the load failed with head than with base: it may have done less"
	case o.verdict == record.Fail && grows && (m.work.more || m.work.recovers && !itself):
		return "over its budget, but head answered far more of the load with success than base: it did more"
	}
	return ""
}

// underLoad reports whether a metric depends on what was done for the load: that of
// a price depends on the platform.
func (m *matchup) underLoad(id record.MetricID) bool {
	if id != record.CostMonth {
		return id.UnderLoad()
	}
	return slices.ContainsFunc(costInputs, func(in record.MetricID) bool { return in.UnderLoad() && m.bills(in, len(m.pairs)) })
}

// otherWork tells of images that answer the same requests otherwise.
func otherWork(s record.Service) string {
	var base, head answers
	for _, t := range counted(s.Base.Trials) {
		base.add(&t)
	}
	for _, t := range counted(s.Head.Trials) {
		head.add(&t)
	}
	text := fmt.Sprintf("%s: base answers the load with %s and head with %s: what they cost is not the cost of the same work", s.Name, base, head)
	if head.against(base).statuses {
		text += "; `expect` of a request makes an error of any other status"
	}
	return text
}
