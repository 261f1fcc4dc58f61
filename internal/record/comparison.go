package record

import (
	"cmp"
	"time"
)

// ComparisonSchema identifies the JSON of a Comparison.
const ComparisonSchema = "plimsoll/comparison/v1"

// Comparison is the whole result of one run: the verdict and what led to it.
type Comparison struct {
	Schema   string    `json:"schema"`
	Verdict  Verdict   `json:"verdict"`
	Warnings []string  `json:"warnings"`
	Created  time.Time `json:"created"`
	Tool     string    `json:"tool"`
	Services []Service `json:"services"`

	Config         string  `json:"config,omitempty"`          // path of the configuration within the repository, "" where there is none
	OnInconclusive Verdict `json:"on_inconclusive,omitempty"` // what the user has inconclusive count as: Pass, Fail or Neutral; "" is Pass
	Incomplete     bool    `json:"incomplete,omitempty"`      // something required is not in Services: the verdict is Missing or graver
	// Accepted is nil unless somebody signed fails off.
	Accepted *Acceptance `json:"accepted,omitempty"`
}

// ConfigOf is the path of the configuration that holds a service's budgets.
func (c Comparison) ConfigOf(s Service) string { return cmp.Or(s.Config, c.Config) }

// Acceptance says who signed off what is over budget.
type Acceptance struct {
	By      string    `json:"by"`      // login
	Label   string    `json:"label"`   // that was set
	At      time.Time `json:"at"`      // when it was
	Head    string    `json:"head"`    // commit that was current then
	Metrics []string  `json:"metrics"` // "SERVICE METRIC" of each that was accepted
}

// Service compares two images of one service.
type Service struct {
	Name     string      `json:"name"`
	Verdict  Verdict     `json:"verdict"`
	Pairs    int         `json:"pairs"`
	Voided   int         `json:"voided"`
	Warnings []string    `json:"warnings"`
	Base     Record      `json:"base"`
	Head     Record      `json:"head"`
	Metrics  []Change    `json:"metrics"`
	Growth   *Growth     `json:"growth,omitempty"`   // nil when the files of either image were not looked at
	Cost     *CostChange `json:"cost,omitempty"`     // nil when nothing could be priced
	Manifest *Manifest   `json:"manifest,omitempty"` // of head; nil for a service without one

	// Config takes the place of the comparison's in one that was joined from those
	// of several configurations.
	Config     string `json:"config,omitempty"`
	OtherWork  bool   `json:"other_work,omitempty"` // head answered the load otherwise than base; see [MetricID.UnderLoad]
	Incomplete bool   `json:"incomplete,omitempty"` // its measurement ended early: the verdict is Missing or graver
}

// Change is one metric on both sides, and the verdict on its budget. Base,
// Head, Difference and the intervals are nil where they could not be measured.
type Change struct {
	ID         MetricID  `json:"id"`
	Unit       Unit      `json:"unit"`
	Direction  Direction `json:"direction"`
	N          int       `json:"n"` // pairs; 0 for exact metrics
	Base       *float64  `json:"base"`
	Head       *float64  `json:"head"`
	Difference *float64  `json:"difference"`
	Ratio      *Ratio    `json:"change,omitempty"`
	Shift      *Shift    `json:"shift,omitempty"`
	Budget     *Budget   `json:"budget,omitempty"`
	Verdict    Verdict   `json:"verdict"`
	Estimated  bool      `json:"estimated,omitempty"`
	Note       string    `json:"note"`
	Line       int       `json:"line,omitempty"` // of the budget in the configuration, 0 where it has none
}

// Ratio is head over base with its unadjusted confidence interval. Level is 1
// for exact metrics, whose bounds equal the value.
type Ratio struct {
	Ratio float64 `json:"ratio"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Level float64 `json:"level"`
}

// Shift is head minus base with its unadjusted confidence interval, for
// metrics that may be zero. Level is 1 for exact metrics.
type Shift struct {
	Difference float64 `json:"difference"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Level      float64 `json:"level"`
}

// CostChange is the price of both sides on one platform. Low and High bound
// the difference head minus base.
type CostChange struct {
	Platform string   `json:"platform"`
	Region   string   `json:"region"`
	Currency string   `json:"currency"`
	Base     float64  `json:"base"`
	Head     float64  `json:"head"`
	Low      float64  `json:"low"`
	High     float64  `json:"high"`
	Level    float64  `json:"level"`
	Detail   Estimate `json:"detail"` // head's estimate, with its steps and prices
	Was      Estimate `json:"was"`    // base's

	// Causes say which measured inputs the difference between Base and Head comes
	// from, the largest first. They add up to it.
	Causes []CostCause `json:"causes,omitempty"`
}
