package record

// Script is a k6 script that loads an app in the place of the open-loop
// schedule.
type Script struct {
	File        string      `json:"file"`             // as the configuration names it
	Digest      string      `json:"digest,omitempty"` // sha256 of the script and the files it needs
	K6          string      `json:"k6,omitempty"`     // the program or image that ran it
	Timeout     Seconds     `json:"timeout"`          // k6 is killed after so long
	Environment []string    `json:"environment,omitempty"`
	Thresholds  []Threshold `json:"thresholds,omitempty"` // that the script declares
}

// Threshold is one expression of a k6 script, such as "p(95)<200" on
// "http_req_duration".
type Threshold struct {
	Metric     string `json:"metric"`
	Expression string `json:"expression"`
	Crossed    bool   `json:"crossed,omitempty"` // in a result: k6 says it does not hold
}

// scriptPrefix begins the identifiers of thresholds.
const scriptPrefix = "k6: "

// ID names the row of a threshold in a comparison.
func (t Threshold) ID() MetricID { return MetricID(scriptPrefix + t.Metric + " " + t.Expression) }

// ScriptResult is k6's own summary of a load. Unlike the open loop's, its
// latency counts from when a request was sent, not from when it should have
// been.
type ScriptResult struct {
	Code       int                           `json:"code"` // of k6: 0, or 99 when a threshold is crossed
	Thresholds []Threshold                   `json:"thresholds,omitempty"`
	Metrics    map[string]map[string]float64 `json:"metrics"` // in k6's names and units: times in milliseconds
}
