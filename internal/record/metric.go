package record

// MetricID names a metric in configuration, JSON and outputs.
type MetricID string

// The metrics, in the order reports show them.
const (
	ImageSize       MetricID = "image.size"
	ImageCompressed MetricID = "image.compressed"
	ImagePull       MetricID = "image.pull"
	ImageWasted     MetricID = "image.wasted"
	ImageLayers     MetricID = "image.layers"
	ImageFiles      MetricID = "image.files"
	StartupReady    MetricID = "startup.ready"
	StartupCPU      MetricID = "startup.cpu"
	MemoryIdle      MetricID = "memory.idle"
	MemoryPeak      MetricID = "memory.peak"
	CPUIdle         MetricID = "cpu.idle"
	CPURequest      MetricID = "cpu.request"
	LoadP50         MetricID = "load.p50"
	LoadP95         MetricID = "load.p95"
	LoadP99         MetricID = "load.p99"
	LoadErrors      MetricID = "load.errors"
	LoadRate        MetricID = "load.rate"
	RunSeconds      MetricID = "run.seconds"
	RunCPU          MetricID = "run.cpu"
	StopSeconds     MetricID = "stop.seconds"
	RecoverSeconds  MetricID = "recover.seconds"
	CostMonth       MetricID = "cost.month"
)

// Unit is the base unit of a metric, as Prometheus names them.
type Unit string

// The units metrics are kept in.
const (
	UnitSeconds    Unit = "s"
	UnitCPUSeconds Unit = "CPU s"
	UnitBytes      Unit = "B"
	UnitCores      Unit = "cores"
	UnitRatio      Unit = "ratio"
	UnitPerSecond  Unit = "1/s"
	UnitCount      Unit = "1"
	UnitUSD        Unit = "USD"
)

// Direction says which way a metric is better.
type Direction string

// The two directions.
const (
	Lower  Direction = "lower"
	Higher Direction = "higher"
)

// Metric describes one entry of the catalog.
type Metric struct {
	ID        MetricID
	Title     string // a few words for a table row
	Unit      Unit
	Direction Direction
	Exact     bool // needs no statistics: the same image always gives the same number
	Zeroable  bool // may be zero, so it is compared by difference rather than by ratio
}

// Catalog lists every metric in report order.
var Catalog = []Metric{
	{ImageSize, "image, unpacked", UnitBytes, Lower, true, false},
	{ImageCompressed, "image, compressed", UnitBytes, Lower, true, false},
	{ImagePull, "pull from base", UnitBytes, Lower, true, true},
	{ImageWasted, "image, wasted", UnitBytes, Lower, true, true},
	{ImageLayers, "layers", UnitCount, Lower, true, false},
	{ImageFiles, "files", UnitCount, Lower, true, false},
	{StartupReady, "startup", UnitSeconds, Lower, false, false},
	{StartupCPU, "startup CPU", UnitCPUSeconds, Lower, false, false},
	{MemoryIdle, "memory, idle", UnitBytes, Lower, false, false},
	{MemoryPeak, "memory, peak", UnitBytes, Lower, false, false},
	{CPUIdle, "CPU, idle", UnitCores, Lower, false, true},
	{CPURequest, "CPU per request", UnitCPUSeconds, Lower, false, false},
	{LoadP50, "latency p50", UnitSeconds, Lower, false, false},
	{LoadP95, "latency p95", UnitSeconds, Lower, false, false},
	{LoadP99, "latency p99", UnitSeconds, Lower, false, false},
	{LoadErrors, "errors", UnitRatio, Lower, false, true},
	{LoadRate, "answered rate", UnitPerSecond, Higher, false, false},
	{RunSeconds, "run", UnitSeconds, Lower, false, false},
	{RunCPU, "run CPU", UnitCPUSeconds, Lower, false, false},
	{StopSeconds, "stop", UnitSeconds, Lower, false, false},
	{RecoverSeconds, "recover", UnitSeconds, Lower, false, false},
	{CostMonth, "cost a month", UnitUSD, Lower, false, true},
}

// Lookup finds a metric of the catalog by its identifier.
func Lookup(id MetricID) (Metric, bool) {
	for _, m := range Catalog {
		if m.ID == id {
			return m, true
		}
	}
	return Metric{}, false
}

// UnderLoad reports whether a metric depends on what the app does for the load that
// it is put under, so that it compares only where the app does the same work for it.
func (id MetricID) UnderLoad() bool {
	switch id {
	case MemoryPeak, CPURequest, LoadP50, LoadP95, LoadP99, LoadErrors, LoadRate, CostMonth:
		return true
	}
	return false
}
