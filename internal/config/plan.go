package config

import (
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Plan is everything the user decided, with defaults where nothing was said.
type Plan struct {
	File           string // as given to Load, "" for a plan without a file
	Services       []Service
	Cost           Cost
	Measure        Measure
	OnInconclusive record.Verdict // Pass, Fail or Neutral: what an inconclusive run counts as
}

// Service is one image to boot and judge, and the base it is judged against.
type Service struct {
	Name     string
	Image    string // head
	Base     string // "" when the file names none
	Setup    record.Setup
	Env      map[string]string // values stay here: Setup has only the names
	EnvFiles []string          // paths, relative to the configuration's directory
	Script   Script            // of Setup.Load.Script, where there is one
	Budgets  map[record.MetricID]record.Budget
	Lines    map[record.MetricID]int // the line of each budget in the file

	Compose      FromCompose
	Under        Container   // what the compose file says of the service itself
	Dependencies []Container // in the order to start them

	Kubernetes FromKubernetes
	Args       []string // behind the image's entrypoint, in the place of its command, where Setup has none
}

// Cost says where the services run and what traffic they get. An empty Node
// or Region is the platform's usual one, which internal/cost knows.
type Cost struct {
	Platform string
	Node     string // provider/shape, for platforms that have nodes
	Region   string
	Arch     string // amd64 or arm64; "" is left to the image
	Billing  string // of Cloud Run: "request" or "instance", "" the cheaper one
	Traffic  Traffic
	Replicas Replicas
	View     string // how the price of shared nodes is divided, one of Views; empty is the first

	CoreSpeed  CoreSpeed
	ThreeYears *ThreeYears // nil where nobody asked

	Book     string   // path of the user's prices, relative to the configuration; "" for the built-in ones
	Registry Registry // where the image is kept
	Network  string   // one of Networks, "" for the provider's usual path
	CI       *CI      // nil where builds are not priced
}

// Traffic is the load in production.
type Traffic struct {
	Average   float64 // requests per second over the whole month
	Peak      float64 // requests per second during the peak hours
	PeakHours float64 // per day
	Deploys   float64 // per month
	ScaleOuts float64 // replicas the autoscaler starts, per month
	NewNodes  float64 // per month, each of which starts without any image
	Assumed   bool    // nobody said how much traffic there is

	// Ramp is by how many requests per second the rate grows in a second on its
	// way to the peak; nil is from the average to the peak in ten minutes.
	Ramp *float64

	Low, High Rates // the ends of what may be, both zero where one rate is given
}

// Rates are those of one month.
type Rates struct {
	Average, Peak float64 // requests per second
}

// CoreSpeed is how fast a core of the platform is, as a ratio to one of the
// machine that measured. It is seldom known, so it has a spread: that of the
// logarithm of the ratio.
type CoreSpeed struct {
	Ratio, Sigma float64
}

// ThreeYears is what only the user can know of the years to come; nil is not
// known.
type ThreeYears struct {
	Growth   *float64 // of the traffic, as a ratio a year
	Discount *float64 // off the platform's price, as a ratio

	SelfManaged, Managed, Hybrid Work
}

// Work is what one way to run a service takes beside the bill; nil is not known.
type Work struct {
	Hours    *float64 // of people's work a month
	Wage     *float64 // USD an hour
	Discount *float64 // in place of the general one
}

// Replicas bounds the autoscaler.
type Replicas struct {
	Min, Max  int
	TargetCPU float64 // ratio of the CPU request the autoscaler aims at

	// MinAssumed says that nobody asked for a minimum. A platform that can scale to
	// nothing then does.
	MinAssumed bool
}

// Measure bounds the measurement itself.
type Measure struct {
	Time     time.Duration // in total; 0 lets the measurement choose
	NoPin    bool          // app and agent share the CPUs on machines of every size
	NoGuards bool          // pairs count whatever disturbed them
}

// Images are the two images given beside the file, by argument or input. They
// take the place of what the file names.
type Images struct {
	Base, Head string
	Service    string // that they are of; "" where the file has but one

	spare bool // they are for every service that names none
}

// Defaults of a service. The memory limit's default, 0, lets the measurement
// choose one.
const (
	DefaultReadyTimeout = record.Seconds(60)
	DefaultIdle         = record.Seconds(0.5)
	DefaultStopTimeout  = record.Seconds(10)
	DefaultPIDs         = 4096
	DefaultDisk         = 4 << 30
	DefaultLoad         = record.Seconds(1.5) // length of the one stage, at a rate both images can bear
)

// Default is the plan for two images and nothing else.
func Default(base, head string) Plan {
	s := defaultService()
	s.Image, s.Base = head, base
	s.Name = nameOf(head)
	completeLoad(&s.Setup, false)
	p := defaultPlan()
	p.Services = []Service{s}
	return p
}

func defaultPlan() Plan {
	return Plan{Cost: defaultCost(), OnInconclusive: record.Pass}
}

func defaultService() Service {
	return Service{
		Setup: record.Setup{
			Ready:       record.Ready{Kind: record.ReadyAuto, Timeout: DefaultReadyTimeout},
			Limits:      record.Limits{PIDs: DefaultPIDs, Disk: DefaultDisk},
			Idle:        DefaultIdle,
			StopTimeout: DefaultStopTimeout,
		},
		Env:     map[string]string{},
		Budgets: map[record.MetricID]record.Budget{},
		Lines:   map[record.MetricID]int{},
	}
}

func defaultCost() Cost {
	return Cost{
		Platform: "kubernetes",
		Traffic:  Traffic{Average: defaultAverage, Peak: defaultAverage * peakOverAverage, PeakHours: defaultPeakHours, Deploys: 60, Assumed: true},
		Replicas: Replicas{Min: 2, Max: 10, TargetCPU: 0.7, MinAssumed: true},

		CoreSpeed: CoreSpeed{Ratio: 1, Sigma: 0.2},
	}
}

// completeLoad fills in the load a user left out. A service that said its port
// is not HTTP, or has none, gets no requests it never asked for.
func completeLoad(s *record.Setup, asked bool) {
	if !asked && !speaksHTTP(s.Ready) {
		return
	}
	if s.Load.Script != nil {
		return
	}
	if len(s.Load.Stages) == 0 {
		s.Load.Stages = []record.Stage{{For: DefaultLoad}}
	}
	if len(s.Load.Requests) == 0 {
		path := s.Ready.Path
		if path == "" {
			path = "/"
		}
		s.Load.Requests = []record.Request{{Method: "GET", Path: path, Weight: 1}}
	}
}

// speaksHTTP reports whether a probe leaves it open that the app serves HTTP.
func speaksHTTP(r record.Ready) bool {
	return r.Kind == record.ReadyAuto || r.Kind == record.ReadyHTTP || r.Kind == record.ReadyLog && r.Port != 0
}
