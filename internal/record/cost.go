package record

// Estimate is the monthly price of one image on one platform.
type Estimate struct {
	Platform string      `json:"platform"`
	Region   string      `json:"region"`
	Month    Money       `json:"month"`
	Replicas float64     `json:"replicas"` // on average over the month
	Request  Limits      `json:"request"`  // what one replica asks for
	Limit    Limits      `json:"limit"`
	Items    []CostItem  `json:"items"`
	Prices   []PriceUsed `json:"prices"`
	Book     string      `json:"book"` // identity and hash of the price book
	Notes    []string    `json:"notes,omitempty"`

	Arch        string      `json:"arch,omitempty"` // amd64 or arm64, where prices differ
	Views       []CostView  `json:"views,omitempty"`
	Steps       []CostStep  `json:"steps,omitempty"`
	Sensitivity []CostSlope `json:"sensitivity,omitempty"`
	Density     []Density   `json:"density,omitempty"`
	Decision    *Decision   `json:"decision,omitempty"`
	ThreeYears  []CostTotal `json:"three_years,omitempty"` // empty unless the user asked
}

// Money is an amount a month in the price book's currency.
type Money struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// CostItem is one line of the bill: an amount and what it is made of.
type CostItem struct {
	Name   string  `json:"name"`
	Amount float64 `json:"amount"` // USD a month
	How    string  `json:"how"`    // the arithmetic, in words a reader can check
}

// PriceUsed is one price of the book with where it came from.
type PriceUsed struct {
	Key    string  `json:"key"`
	Region string  `json:"region"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Source string  `json:"source"`
	AsOf   string  `json:"as_of"`
	Grade  string  `json:"grade"` // A to C, U for unverified, "own" for the user's

	List   float64 `json:"list,omitempty"`   // the built-in book's figure, where the user's differs
	Reason string  `json:"reason,omitempty"` // why it does, in the user's words
}

// CostView is one of several ways to share the price of a machine.
type CostView struct {
	Name   string  `json:"name"`
	Amount float64 `json:"amount"` // USD a month
	How    string  `json:"how"`
}

// CostStep is where a measured quantity stands between the sizes that are sold.
// All quantities are in the unit of the input, and of one replica.
type CostStep struct {
	Input MetricID `json:"input"`
	Needs float64  `json:"needs"` // with its margin
	Size  float64  `json:"size"`  // that holds it
	Room  float64  `json:"room"`  // how much more of the input fits
	Next  float64  `json:"next"`  // USD a month and replica more beyond it, 0 where there is no larger size
	Drop  float64  `json:"drop"`  // how much less of the input fits the size below, 0 where there is none
	Saves float64  `json:"saves"` // USD a month and replica less then
}

// CostSlope is what a little more of one input costs at this platform and traffic:
// the mean slope from what was measured up to a multiple of it that crosses a
// step, since within a step more costs nothing and at its edge everything.
type CostSlope struct {
	Input  MetricID `json:"input"`
	Per    float64  `json:"per"`    // of the input, in its unit
	Amount float64  `json:"amount"` // USD a month
	From   float64  `json:"from"`   // of the input: the interval the slope is the mean over
	To     float64  `json:"to"`
}

// CostCause is what one input contributes to the difference between two
// estimates. The contributions add up to it.
type CostCause struct {
	Input  MetricID `json:"input"`
	Base   float64  `json:"base"` // of the input, in its unit
	Head   float64  `json:"head"`
	Amount float64  `json:"amount"`        // USD a month
	How    string   `json:"how,omitempty"` // what it changed of the sizing, in words
}

// CostTotal is what one way to run a service costs over three years.
type CostTotal struct {
	Name        string   `json:"name"`              // self-managed, managed or hybrid
	Platform    string   `json:"platform"`          // what it is priced on
	Bill        float64  `json:"bill"`              // USD to the provider
	Work        float64  `json:"work"`              // USD for people's hours, 0 where they are not known
	Total       float64  `json:"total"`             // USD
	NotMeasured []string `json:"not_measured"`      // what only the user could say and did not
	How         string   `json:"how,omitempty"`     // the arithmetic, in words
	Missing     string   `json:"missing,omitempty"` // why it has no price
}

// Density is what so many replicas take.
type Density struct {
	Replicas  int     `json:"replicas"`
	CPUs      float64 `json:"cpus"`
	Memory    Bytes   `json:"memory"`
	Instances int     `json:"instances"` // machines, or what the platform bills as one
	Month     float64 `json:"month"`     // USD
}

// Instance is what one of the instances costs a month, in USD.
func (d Density) Instance() float64 { return d.Month / float64(max(d.Instances, 1)) }

// Decision is what to do with the service, and the numbers that led there.
type Decision struct {
	Action string   `json:"action"` // scale out, keep, optimise or shrink
	Why    []string `json:"why"`

	Suggested Deployment `json:"suggested"`
}

// Deployment is how a service could be deployed.
type Deployment struct {
	Request   Limits  `json:"request"` // of one replica
	Limit     Limits  `json:"limit"`
	Min       int     `json:"min"` // of the autoscaler
	Max       int     `json:"max"`
	TargetCPU float64 `json:"target_cpu"` // ratio of the CPU request
}
