package record

// Step is one step of the concurrency ladder: an image under so many virtual
// users, in boots of its own that no budget looks at.
type Step struct {
	Users   int                   `json:"vus"`
	For     Seconds               `json:"for"`   // length of the load of each boot
	Boots   int                   `json:"boots"` // that gave the metrics
	Metrics map[MetricID]Measured `json:"metrics"`
	Failure string                `json:"failure,omitempty"` // of a boot; the image's ladder ends with it
	Notes   []string              `json:"notes,omitempty"`   // what disturbed the boots
}

// CPULoad is cores used on average while the load runs. It stands in the steps
// of the ladder alone: as a metric of the whole it would be cpu.request again,
// times the rate.
const CPULoad MetricID = "cpu.load"
