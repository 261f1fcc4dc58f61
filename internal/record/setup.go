package record

import "time"

// Seconds is a duration in seconds, the base unit of times in JSON.
type Seconds float64

// Duration converts to the standard library's type.
func (s Seconds) Duration() time.Duration { return time.Duration(float64(s) * float64(time.Second)) }

// SecondsOf converts from the standard library's type.
func SecondsOf(d time.Duration) Seconds { return Seconds(d.Seconds()) }

// Bytes is an amount of memory or storage.
type Bytes int64

// Setup is how an image was booted and loaded. Both sides of a comparison
// share it, except for what the images themselves decide (port, command).
type Setup struct {
	Ready       Ready    `json:"ready"`
	Limits      Limits   `json:"limits"`
	Load        Load     `json:"load"`
	Idle        Seconds  `json:"idle"`                  // length of the idle window after readiness
	StopTimeout Seconds  `json:"stop_timeout"`          // from the stop signal to SIGKILL
	Environment []string `json:"environment,omitempty"` // names only; values are never recorded
	Sizing      []string `json:"sizing,omitempty"`      // names of variables by which the image sizes its runtime, such as GOMAXPROCS
	Command     []string `json:"command,omitempty"`
	User        string   `json:"user,omitempty"`
	Tmpfs       []string `json:"tmpfs,omitempty"`
	ReadOnly    bool     `json:"read_only,omitempty"` // the root file system
	Recover     bool     `json:"recover,omitempty"`   // kill the app once and time its way back
	// StopUnderLoad keeps requests coming while the app stops.
	StopUnderLoad bool `json:"stop_under_load,omitempty"`

	Dependencies []Dependency `json:"dependencies,omitempty"` // in the order they are started
	Reset        []string     `json:"reset,omitempty"`        // the command that takes the place of fresh ones
}

// Dependency is a container that stood beside the image.
type Dependency struct {
	Name   string `json:"name"`
	Image  string `json:"image"`
	Digest string `json:"digest"` // of the image configuration
}

// ReadyKind says how readiness is decided.
type ReadyKind string

// The readiness probes. Auto takes the first HTTP answer below 500, else the
// open port, else nothing at all for an image that stays alive without one.
const (
	ReadyAuto ReadyKind = "auto"
	ReadyHTTP ReadyKind = "http"
	ReadyTCP  ReadyKind = "tcp"
	ReadyNone ReadyKind = "none"
	ReadyGRPC ReadyKind = "grpc" // grpc.health.v1.Health says SERVING
	ReadyLog  ReadyKind = "log"  // a line of the app's log
	ReadyExit ReadyKind = "exit" // a job: it runs until it ends by itself
)

// Ready is a readiness probe.
type Ready struct {
	Kind    ReadyKind `json:"kind"`
	Path    string    `json:"path,omitempty"`    // of HTTP probes, "/" when empty
	Service string    `json:"service,omitempty"` // of gRPC probes, "" for the server as a whole
	Log     string    `json:"log,omitempty"`     // of log probes: a part of the line, or /a regular expression/
	Exit    int       `json:"exit,omitempty"`    // of jobs: the exit code that is a success
	Port    int       `json:"port,omitempty"`    // 0: EXPOSE, else whatever starts to listen
	Timeout Seconds   `json:"timeout"`
}

// Limits bound the app container. Zero means unlimited.
type Limits struct {
	CPUs   float64 `json:"cpus,omitempty"`
	Memory Bytes   `json:"memory,omitempty"`
	PIDs   int64   `json:"pids,omitempty"`
	Disk   Bytes   `json:"disk,omitempty"` // that the app may hold more of than at its start
}
