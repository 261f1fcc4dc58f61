package compare

import (
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// hypothesis is one bound that a budget puts to the test.
type hypothesis interface {
	// at judges the first n counted pairs.
	at(n int) evidence
}

// evidence is what a number of pairs say about a hypothesis.
type evidence struct {
	above  float64 // p-value of "within budget": small when head is over it
	within float64 // p-value of "over budget": small when head is within it
	excuse excuse
}

// excuse is why head is not to blame for being over a budget.
type excuse int

const (
	toBlame     excuse = iota
	baseSeemsTo        // base's median breaks the limit as well, though not beyond doubt
	baseDoesToo        // base provably breaks the limit as well
	stepCrossed        // a billing step was crossed, and no measured input explains it
)

// explanation reports whether what was measured explains a price over a bound in
// the first n pairs. It is nil for metrics that are their own explanation.
type explanation func(n int) bool

// missing reports whether e is over its bound without an explanation.
func (x explanation) missing(n int, e evidence) bool {
	return x != nil && e.above <= stat.LookLevel && !x(n)
}

// growth is the hypothesis that head exceeds base by no more than a budget.
type growth struct {
	series    series
	budget    record.Budget
	explained explanation
}

func (g growth) at(n int) evidence {
	var e evidence
	e.above, e.within = stat.SignedRank(g.series.sample(n).beyond(g.budget))
	if g.explained.missing(n, e) {
		e.excuse = stepCrossed
	}
	return e
}

// limit is the hypothesis that the median of head is at most a budget's max, or
// at least that for metrics of which more is better.
type limit struct {
	series    series
	max       float64
	explained explanation
}

func (l limit) at(n int) evidence {
	base, _ := l.turned(l.series.base[:n])
	head, bound := l.turned(l.series.head[:n])
	e := evidence{above: stat.MedianAbove(head, bound), within: stat.MedianWithin(head, bound)}
	switch {
	case stat.MedianAbove(base, bound) <= stat.LookLevel:
		e.excuse = baseDoesToo
	case stat.Median(base) > bound:
		e.excuse = baseSeemsTo
	case l.explained.missing(n, e):
		e.excuse = stepCrossed
	}
	return e
}

// turned gives the values that are there and the limit, with the signs turned
// where more is better, so that above always means worse.
func (l limit) turned(values []float64) ([]float64, float64) {
	some := present(values)
	if l.series.metric.Direction == record.Lower {
		return some, l.max
	}
	for i := range some {
		some[i] = -some[i]
	}
	return some, -l.max
}

// outcome is what the looks so far made of a hypothesis.
type outcome struct {
	verdict record.Verdict // Pass, Fail, or Inconclusive where no look decided
	look    int            // the look that decided; else the last one that was completed, 0 for none
	last    evidence       // at that look
}

// decide replays every completed look. The family of Holm's procedure is all
// hypotheses at every look, decided or not, which errs on the safe side.
func decide(hypotheses []hypothesis, others, pairs int) []outcome {
	outcomes := make([]outcome, len(hypotheses))
	for i := range outcomes {
		outcomes[i].verdict = record.Inconclusive
	}
	found := make([]evidence, len(hypotheses))
	above := make([]float64, len(hypotheses))
	for _, look := range Looks(len(hypotheses) + others) {
		if look > pairs {
			break
		}
		for i, h := range hypotheses {
			found[i] = h.at(look)
			above[i] = found[i].above
		}
		for i, rejected := range stat.Holm(above, others, stat.LookLevel) {
			if outcomes[i].verdict == record.Inconclusive {
				outcomes[i] = outcome{settle(found[i], rejected), look, found[i]}
			}
		}
	}
	return outcomes
}

// settle turns the evidence of one look into a verdict.
func settle(e evidence, rejected bool) record.Verdict {
	switch {
	case e.within <= stat.LookLevel || e.excuse == baseDoesToo:
		return record.Pass
	case rejected && e.excuse == toBlame:
		return record.Fail
	}
	return record.Inconclusive
}
