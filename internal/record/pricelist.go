package record

// PriceListSchema identifies the JSON of a PriceList.
const PriceListSchema = "plimsoll/prices/v1"

// PriceList is what images cost a month on several platforms.
type PriceList struct {
	Schema    string        `json:"schema"`
	Demand    Demand        `json:"demand"`
	Level     float64       `json:"level"`     // of the intervals
	Images    []PricedImage `json:"images"`    // in the order they were given; of two the first is base
	Estimates []Priced      `json:"estimates"` // the cheapest first
	Unpriced  []Unpriced    `json:"unpriced"`
	Notes     []string      `json:"notes,omitempty"` // on all of them

	// Changes set the second of two images against the first, the cheapest second
	// first.
	Changes []CostChange `json:"changes,omitempty"`
}

// PricedImage is an image that was to be priced.
type PricedImage struct {
	Record string `json:"record"` // path of its record
	Image  string `json:"image"`
	Digest string `json:"digest"`
}

// Priced is the estimate of one of the images.
type Priced struct {
	Record string `json:"record"`
	Estimate
}

// Unpriced is a platform that an image has no price on.
type Unpriced struct {
	Record   string `json:"record"` // "" for all of them
	Platform string `json:"platform"`
	Why      string `json:"why"`
}

// Demand is the traffic and the replicas that images were priced for.
type Demand struct {
	Average   float64 `json:"average"`    // requests per second over the month
	Peak      float64 `json:"peak"`       // requests per second during the peak hours
	PeakHours float64 `json:"peak_hours"` // per day
	Deploys   float64 `json:"deploys"`    // per month
	Min       int     `json:"min"`        // of replicas
	Max       int     `json:"max"`
	TargetCPU float64 `json:"target_cpu"` // ratio of the CPU request
}
