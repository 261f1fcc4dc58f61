package record

import "time"

// RecordSchema identifies the JSON of a Record.
const RecordSchema = "plimsoll/record/v1"

// Record is all that is known of one image: what it is, where it was measured,
// every trial raw, and one summarised value per metric.
type Record struct {
	Schema      string                `json:"schema"`
	Image       string                `json:"image"`    // the reference as the user wrote it
	Digest      string                `json:"digest"`   // of the image configuration ("image ID")
	Platform    string                `json:"platform"` // linux/amd64
	Source      string                `json:"source"`   // docker-daemon, oci
	Created     time.Time             `json:"created"`
	Tool        string                `json:"tool"`
	Environment *Environment          `json:"environment,omitempty"` // nil when nothing was booted
	Setup       *Setup                `json:"setup,omitempty"`       // nil when nothing was booted
	Layers      []Layer               `json:"layers"`
	Contents    *Contents             `json:"contents,omitempty"` // nil when the files were not looked at
	Trials      []Trial               `json:"trials,omitempty"`
	Ladder      []Step                `json:"ladder,omitempty"` // empty unless it was asked for
	Metrics     map[MetricID]Measured `json:"metrics"`
	Warnings    []string              `json:"warnings"`
}

// Measured is the value of one metric: the median of Values where the metric
// was observed in trials.
type Measured struct {
	Unit      Unit      `json:"unit"`
	Value     float64   `json:"value"`
	Values    []float64 `json:"values,omitempty"`
	Estimated bool      `json:"estimated,omitempty"` // a model stood in for a measurement
}

// Layer is one layer of an image, lowest first.
type Layer struct {
	DiffID      string `json:"diff_id"`          // digest of the uncompressed tar
	Digest      string `json:"digest,omitempty"` // of the compressed blob, where one exists
	Size        Bytes  `json:"size"`             // file payload, unpacked
	Compressed  Bytes  `json:"compressed"`       // bytes on the wire
	Estimated   bool   `json:"estimated,omitempty"`
	Files       int    `json:"files"`
	Instruction string `json:"instruction,omitempty"` // as the image history gives it, "" when unknown
}

// Environment is the machine and engine a record was measured on.
type Environment struct {
	Engine        string `json:"engine"` // Docker, Podman
	EngineVersion string `json:"engine_version"`
	API           string `json:"api"`
	Storage       string `json:"storage"`
	CgroupVersion string `json:"cgroup_version"` // "1" or "2"
	CgroupDriver  string `json:"cgroup_driver"`
	Kernel        string `json:"kernel"`
	Arch          string `json:"arch"`
	CPUs          int    `json:"cpus"`
	Memory        Bytes  `json:"memory"`
	Sampler       string `json:"sampler"` // where memory and CPU come from: cgroup, engine

	Pinned *Pinned `json:"pinned,omitempty"` // nil where app and agent shared all CPUs
}

// Pinned says which CPUs app and agent ran on, as the kernel lists them: 0-2,8.
type Pinned struct {
	App   string `json:"app"`
	Agent string `json:"agent"`
}
