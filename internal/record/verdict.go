package record

// Verdict is the answer to one budget, one service or a whole comparison.
type Verdict string

// The verdicts. None means no budget was set; Missing means a budget was set
// and its metric could not be measured; Accepted is a fail somebody signed off.
const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Inconclusive Verdict = "inconclusive"
	None         Verdict = "none"
	Missing      Verdict = "missing"
	Accepted     Verdict = "accepted"
)

// Neutral is no verdict: it is what a user may have inconclusive count as, neither
// a success nor a failure.
const Neutral Verdict = "neutral"

// severity orders verdicts from harmless to grave.
var severity = map[Verdict]int{None: 0, Pass: 1, Accepted: 2, Inconclusive: 3, Missing: 4, Fail: 5}

// Known reports whether v is one of the verdicts.
func (v Verdict) Known() bool { _, ok := severity[v]; return ok }

// Worst is the gravest of the verdicts, None when there are none.
func Worst(verdicts ...Verdict) Verdict {
	worst := None
	for _, v := range verdicts {
		if severity[v] > severity[worst] {
			worst = v
		}
	}
	return worst
}

// Budget is what the user allows of one metric, in the metric's base unit.
// Grow and Floor belong together: head may exceed base by the larger of the
// ratio Grow and the amount Floor. Max bounds head alone.
type Budget struct {
	Max   *float64 `json:"max,omitempty"`
	Grow  *float64 `json:"grow,omitempty"`  // ratio: 0.15 allows 15 % more
	Floor float64  `json:"floor,omitempty"` // growth below this never counts
}
