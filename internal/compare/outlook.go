package compare

import (
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// Outlook is a prediction for people who wait. It decides nothing: a run goes on
// to its looks whatever is predicted, or the tests would lose their level.
type Outlook struct {
	Look   int  // at which everything is likely decided; 0 where none is
	Likely bool // false while too few pairs are there to say anything
}

// enough is the number of pairs from which on a spread can be estimated at all.
const enough = 5

// Predict estimates from the pairs so far when every verdict will be decided.
func Predict(in Input) Outlook {
	m := lay(in)
	looks := Looks(m.family())
	if len(m.claims) == 0 {
		return Outlook{Look: looks[0], Likely: true}
	}
	if len(m.pairs) < enough {
		return Outlook{}
	}
	last := 0
	for i, o := range m.outcomes() {
		if o.verdict != record.Inconclusive || !m.observable(m.claims[i]) {
			continue
		}
		look := lookFor(looks, o.look, m.needed(m.claims[i]))
		if look == 0 {
			return Outlook{Likely: true}
		}
		last = max(last, look)
	}
	return Outlook{Look: max(last, lookFor(looks, 0, float64(len(m.pairs)))), Likely: true}
}

// needed estimates how many pairs would decide a claim. Failing takes more
// evidence than passing, since Holm's first step divides the level by the family.
func (m *matchup) needed(c claim) float64 {
	level := func(over bool) float64 {
		if over {
			return stat.LookLevel / float64(m.family())
		}
		return stat.LookLevel
	}
	switch h := c.hypothesis.(type) {
	case limit:
		return h.needed(level)
	case crossing:
		return h.needed(level)
	}
	g := c.hypothesis.(growth)
	beyond := g.series.sample(len(m.pairs)).beyond(g.budget)
	return stat.PairsNeeded(beyond, level(stat.HodgesLehmann(beyond) > 0))
}

// needed estimates how many boots of head would decide a limit.
func (l limit) needed(level func(over bool) float64) float64 {
	head, bound := l.turned(l.series.head)
	return stat.MedianPairsNeeded(head, bound, level(stat.Median(head) > bound))
}

// lookFor is the first look after one that is past with at least so many pairs, 0
// for none.
func lookFor(looks []int, past int, needed float64) int {
	for _, n := range looks {
		if n > past && float64(n) >= needed && !math.IsNaN(needed) {
			return n
		}
	}
	return 0
}
