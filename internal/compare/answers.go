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
	// answersApart is the share of the answers from which on it tells two images
	// apart that they were of another class: succeeded, redirected, refused.
	answersApart = 0.01
	// workApart is the share of the answers that must be successes of head alone to
	// excuse head for what it costs.
	workApart = 0.1
	// mostStatuses is how many statuses of a side are named.
	mostStatuses = 3
)

// work is what base and head did for the same requests, as far as their statuses
// tell. An image that has lost its routes answers with 404, well enough for the
// load, fast and at little cost.
type work struct {
	other bool // head answered otherwise than base
	less  bool // and not with more successes: what is good of head shows nothing
	more  bool // and with many more successes: what is bad of head shows nothing
}

func compareWork(pairs []pair) work {
	base, head := map[int]int{}, map[int]int{}
	for _, p := range pairs {
		addAnswers(base, p.base)
		addAnswers(head, p.head)
	}
	was, is := total(base), total(head)
	if was == 0 || is == 0 {
		return work{}
	}
	gained := func(class int) float64 {
		return float64(ofClass(head, class))/float64(is) - float64(ofClass(base, class))/float64(was)
	}
	var w work
	for class := 1; class <= 9; class++ {
		w.other = w.other || math.Abs(gained(class)) >= answersApart
	}
	const successes = 2
	w.less = w.other && gained(successes) < answersApart
	w.more = w.other && gained(successes) >= workApart
	return w
}

// doubt says why the outcome of a claim shows nothing, as base and head did other
// work, "" where it does. That head is over a limit holds whatever base did.
func (m *matchup) doubt(c claim, o outcome) string {
	_, grows := c.hypothesis.(growth)
	switch {
	case !m.work.other || !m.underLoad(c.id):
		return ""
	case o.verdict == record.Pass && m.work.less:
		return "within its budget, but head answered the load otherwise than base and with no more success: it may have done less"
	case o.verdict == record.Fail && grows && m.work.more:
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
	base, head := map[int]int{}, map[int]int{}
	for _, t := range counted(s.Base.Trials) {
		addAnswers(base, &t)
	}
	for _, t := range counted(s.Head.Trials) {
		addAnswers(head, &t)
	}
	return fmt.Sprintf("%s: base answers the load with %s and head with %s: what they cost is not the cost of the same work; `expect` of a request makes an error of any other status",
		s.Name, statuses(base), statuses(head))
}

// addAnswers adds the statuses of the good answers of a boot.
func addAnswers(all map[int]int, t *record.Trial) {
	if t.Load == nil {
		return
	}
	for status, n := range t.Load.Statuses {
		all[status] += n
	}
}

func total(answers map[int]int) (n int) {
	for _, each := range answers {
		n += each
	}
	return n
}

// ofClass counts the answers from class*100 on.
func ofClass(answers map[int]int, class int) (n int) {
	for status, each := range answers {
		if status/100 == class {
			n += each
		}
	}
	return n
}

// statuses are the most frequent ones: "200 (90 %), 404 (10 %)".
func statuses(answers map[int]int) string {
	all := slices.SortedFunc(maps.Keys(answers), func(a, b int) int {
		return cmp.Or(answers[b]-answers[a], a-b)
	})
	if len(all) == 1 {
		return fmt.Sprint(all[0])
	}
	var words []string
	sum := float64(total(answers))
	for _, status := range all[:min(len(all), mostStatuses)] {
		words = append(words, fmt.Sprintf("%d (%.0f %%)", status, 100*float64(answers[status])/sum))
	}
	return strings.Join(words, ", ")
}
