package report_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// The comparisons below are written by hand rather than computed: the renderer
// must hold for whatever it is given, also for what compare never makes.

func comparison(services ...record.Service) record.Comparison {
	verdicts := make([]record.Verdict, len(services))
	for i, s := range services {
		verdicts[i] = s.Verdict
	}
	return record.Comparison{
		Schema: record.ComparisonSchema, Verdict: record.Worst(verdicts...), Tool: "plimsoll 0.1.0",
		Created: time.Date(2026, 11, 20, 17, 0, 0, 0, time.UTC), Services: services,
	}
}

// service is one that was booted in 12 pairs and has no budgets.
func service(name string, metrics ...record.Change) record.Service {
	s := record.Service{
		Name: name, Pairs: 12, Voided: 1, Metrics: metrics,
		Base: image("registry.example.com/"+name+":main", "a"), Head: image("registry.example.com/"+name+":pr-7", "b"),
	}
	for _, m := range metrics {
		s.Verdict = record.Worst(s.Verdict, m.Verdict)
	}
	return s
}

func image(ref, digit string) record.Record {
	r := record.Record{
		Schema: record.RecordSchema, Image: ref, Digest: "sha256:" + strings.Repeat(digit, 64), Platform: "linux/amd64",
		Source: "docker-daemon", Setup: setup(), Environment: environment(),
		Metrics: map[record.MetricID]record.Measured{},
		Layers: []record.Layer{
			{DiffID: "sha256:1", Size: 74_800_000, Compressed: 28_100_000, Files: 3402, Instruction: "/bin/sh -c #(nop) ADD file:0123456789abcdef0123456789abcdef in / "},
			{DiffID: "sha256:2" + digit, Size: 31_000_000, Compressed: 12_900_000, Files: 812, Instruction: "RUN /bin/sh -c pip install -r requirements.txt # buildkit"},
		},
	}
	if digit == "b" {
		r.Layers[1].Compressed, r.Layers[1].Size = 51_000_000, 120_000_000
		r.Layers = append(r.Layers, record.Layer{DiffID: "sha256:3", Size: 4_000, Compressed: 1_300, Files: 2, Instruction: "COPY app /app # buildkit"})
	}
	return r
}

func setup() *record.Setup {
	return &record.Setup{
		Ready:  record.Ready{Kind: record.ReadyHTTP, Path: "/health", Port: 8080, Timeout: 60},
		Limits: record.Limits{CPUs: 1, Memory: 256 << 20, PIDs: 512},
		Load: record.Load{
			Stages:   []record.Stage{{For: 1, Rate: 50}, {For: 2, Rate: 200}},
			Requests: []record.Request{{Path: "/user/1", Weight: 3}, {Method: "POST", Path: "/login"}},
		},
	}
}

func environment() *record.Environment {
	return &record.Environment{Engine: "Docker", EngineVersion: "20.10.24", API: "1.41", CgroupVersion: "2", Kernel: "6.1.0", Arch: "amd64", CPUs: 4, Memory: 16 << 30, Sampler: "cgroup"}
}

func f(v float64) *float64 { return &v }

// sampled is a metric observed in 12 pairs, with an interval of ±2 %.
func sampled(id record.MetricID, base, head float64, verdict record.Verdict) record.Change {
	m, _ := record.Lookup(id)
	r := head / base
	return record.Change{
		ID: id, Unit: m.Unit, Direction: m.Direction, N: 12, Base: &base, Head: &head, Difference: f(head - base),
		Ratio: &record.Ratio{Ratio: r, Low: r - 0.02, High: r + 0.02, Level: 0.98}, Verdict: verdict,
	}
}

func exact(id record.MetricID, base, head float64, verdict record.Verdict) record.Change {
	c := sampled(id, base, head, verdict)
	c.N, c.Ratio.Low, c.Ratio.High, c.Ratio.Level = 0, head/base, head/base, 1
	return c
}

func costs(base, head, low, high float64, verdict record.Verdict) record.Change {
	c := sampled(record.CostMonth, base, head, verdict)
	c.Ratio, c.Shift = nil, &record.Shift{Difference: head - base, Low: low, High: high, Level: 0.98}
	return c
}

func budget(c record.Change, b record.Budget) record.Change {
	c.Budget = &b
	return c
}

func priced(s record.Service, base, head, low, high float64) record.Service {
	bill := func(total float64) record.Estimate {
		return record.Estimate{
			Platform: "kubernetes", Region: "us-east-1", Month: record.Money{Value: total, Low: total, High: total}, Replicas: 2.4,
			Items: []record.CostItem{
				{Name: "node share", Amount: total - 12.4, How: "2.4 replicas × 0.61 of a node × $0.2016 an hour × 730 h"},
				{Name: "deploys", Amount: 12.4, How: "60 deploys × 2.4 replicas × 41.2 MB"},
			},
			Prices: []record.PriceUsed{{Key: "aws/m7i.large/us-east-1", Value: 0.1008, Unit: "USD/h", Region: "us-east-1", Source: "https://aws.amazon.com/ec2/pricing/", AsOf: "2026-11-01", Grade: "U"}},
			Book:   "builtin@sha256:77aa",
			Notes:  []string{"memory decides the share of the node"},

			Request: record.Limits{CPUs: 0.25, Memory: 197 << 20}, Limit: record.Limits{Memory: 197 << 20},
			Views: []record.CostView{{Name: "allocation", Amount: total, How: "2.4 replicas × 730 h × a share of a node"}},
			Steps: []record.CostStep{
				{Input: record.MemoryPeak, Needs: 1018 << 20, Size: 1 << 30, Room: 6 << 20, Next: 5.88, Drop: 30 << 20, Saves: 1.62},
				{Input: record.CPURequest, Needs: 0.0021, Size: 0.0028, Room: 0.0007, Next: 4.5},
			},
			Sensitivity: []record.CostSlope{{Input: record.MemoryPeak, Per: 1 << 20, Amount: 0.0155, From: 171 << 20, To: 684 << 20}},
			Density:     []record.Density{{Replicas: 1, CPUs: 0.25, Memory: 197 << 20, Instances: 1, Month: 73.58}, {Replicas: 2, CPUs: 0.5, Memory: 394 << 20, Instances: 1, Month: 73.58}},
			Decision: &record.Decision{
				Action: "optimise", Why: []string{"memory is a little over a step: 5 % less of it saves 12 % of the month"},
				Suggested: record.Deployment{Request: record.Limits{CPUs: 0.25, Memory: 197 << 20}, Limit: record.Limits{Memory: 197 << 20}, Min: 2, Max: 10, TargetCPU: 0.7},
			},
			ThreeYears: []record.CostTotal{{Name: "managed", Platform: "kubernetes", Bill: 36 * total, Total: 36 * total, NotMeasured: []string{"wage", "growth"}, How: "36 months"}},
		}
	}
	s.Cost = &record.CostChange{
		Platform: "kubernetes", Region: "us-east-1", Currency: "USD", Base: base, Head: head, Low: low, High: high, Level: 0.98,
		Detail: bill(head), Was: bill(base),
		Causes: []record.CostCause{
			{Input: record.MemoryPeak, Base: 171 << 20, Head: 232 << 20, Amount: (head - base) * 0.99, How: "memory from 197 to 267 MiB a replica"},
			{Input: record.ImageCompressed, Base: 52e6, Head: 53e6, Amount: (head - base) * 0.01},
		},
	}
	return s
}

// booted adds raw trials, so that charts have something to draw.
func booted(s record.Service) record.Service {
	random := rand.New(rand.NewPCG(1, 2))
	for _, side := range []*record.Record{&s.Base, &s.Head} {
		k := 1.0
		if side == &s.Head {
			k = 1.13
		}
		var values []float64
		for pair := range 13 {
			t := trial(pair, k*(1+0.02*random.NormFloat64()))
			values = append(values, t.Metrics[record.StartupReady])
			side.Trials = append(side.Trials, t)
		}
		side.Trials[5].Void = "steal: the hypervisor took 12 % of the CPU"
		side.Metrics[record.StartupReady] = record.Measured{Unit: record.UnitSeconds, Value: values[0], Values: values}
	}
	return s
}

func trial(pair int, k float64) record.Trial {
	t := record.Trial{
		Pair: pair, Order: pair % 2, Engine: 0.41, Ready: record.Readiness{Kind: record.ReadyHTTP, Port: 8080, Status: 200},
		Metrics: map[record.MetricID]float64{
			record.StartupReady: 0.204 * k, record.StartupCPU: 0.18 * k, record.MemoryPeak: 182 * k * (1 << 20),
			record.CPURequest: 0.0021 * k, record.StopSeconds: 0.03,
		},
		Load: &record.LoadResult{Offered: 150, Sent: 450, Completed: 450, Seconds: 3, Mean: 0.002, Max: 0.02},
		Exit: record.Exit{Stop: 0.03},
	}
	for i := range 200 {
		at := float64(i) * 0.02
		level := 120 * (1 - math.Exp(-at*6))
		if at > 0.8 {
			level += 62 * (1 - math.Exp(-(at-0.8)*3))
		}
		t.Memory.At = append(t.Memory.At, record.Seconds(at))
		t.Memory.Unreclaimable = append(t.Memory.Unreclaimable, record.Bytes(level*k*(1<<20)))
		t.Memory.Cache = append(t.Memory.Cache, 9<<20)
	}
	return t
}

// failing is the story of most reports: more memory, and so a larger bill.
func failing() record.Comparison {
	s := service("api",
		budget(exact(record.ImageCompressed, 41_000_000, 79_101_300, record.Fail), record.Budget{Max: f(60e6), Grow: f(0.05), Floor: 500e3}),
		exact(record.ImageLayers, 2, 3, record.None),
		budget(sampled(record.StartupReady, 0.204, 0.206, record.Pass), record.Budget{Grow: f(0.15), Floor: 0.02}),
		budget(sampled(record.MemoryPeak, 182<<20, 206<<20, record.Fail), record.Budget{Max: f(256 << 20), Grow: f(0.1), Floor: 2 << 20}),
		sampled(record.CPURequest, 0.0021, 0.0024, record.None),
		sampled(record.LoadRate, 150, 149.9, record.None),
		budget(costs(412, 498, 61, 104, record.Fail), record.Budget{Grow: f(0.05), Floor: 5}),
	)
	return comparison(booted(priced(s, 412, 498, 61, 104)))
}

func passing() record.Comparison {
	s := service("api",
		budget(exact(record.ImageCompressed, 41_000_000, 41_000_000, record.Pass), record.Budget{Grow: f(0.05), Floor: 500e3}),
		budget(sampled(record.StartupReady, 0.204, 0.206, record.Pass), record.Budget{Grow: f(0.15), Floor: 0.02}),
		budget(sampled(record.MemoryPeak, 182<<20, 181<<20, record.Pass), record.Budget{Grow: f(0.1)}),
		budget(costs(412, 411, -9, 7, record.Pass), record.Budget{Grow: f(0.05)}),
	)
	s.Head.Layers = s.Base.Layers
	return comparison(priced(s, 412, 411, -9, 7))
}

func undecided() record.Comparison {
	slow := budget(sampled(record.StartupReady, 0.204, 0.2346, record.Inconclusive), record.Budget{Grow: f(0.15), Floor: 0.02})
	slow.Note = "undecided after 24 pairs: the change lies between +13.0 % and +17.0 %, the budget is +15.0 %; a slightly wider budget or a quieter machine would settle it"
	slow.N = 24
	s := service("api", slow, budget(sampled(record.MemoryPeak, 182<<20, 181<<20, record.Pass), record.Budget{Grow: f(0.1)}))
	return comparison(s)
}

// missing is a head that crashed: one reason for all that was not measured.
func missing() record.Comparison {
	var lost []record.Change
	for _, c := range []record.Change{sampled(record.StartupReady, 0.204, 1, record.Missing), sampled(record.MemoryPeak, 182<<20, 1, record.Missing)} {
		lost = append(lost, budget(record.Change{ID: c.ID, Unit: c.Unit, Direction: c.Direction, Base: c.Base, Verdict: record.Missing,
			Note: "head exited with code 1 before it was ready: ModuleNotFoundError: No module named 'flask'"}, record.Budget{Grow: f(0.1)}))
	}
	idle := record.Change{ID: record.CPUIdle, Unit: record.UnitCores, Direction: record.Lower, Base: f(0.002), Verdict: record.None, Note: "not measured on head"}
	s := service("api", append(lost, idle)...)
	s.Warnings = []string{"boot head (registry.example.com/api:pr-7): the app exited with code 1; its last lines:\n" +
		"  Traceback (most recent call last):\n    File \"/app/main.py\", line 1, in <module>\n\n::error::ModuleNotFoundError: No module named 'flask'\n"}
	s.Head.Warnings = []string{"listens on loopback only"}
	return comparison(s)
}

func unbudgeted() record.Comparison {
	s := service("web",
		exact(record.ImageCompressed, 130_000_000, 8_200_000, record.None),
		sampled(record.StartupReady, 0.240, 0.0042, record.None),
		sampled(record.MemoryPeak, 61<<20, 9<<20, record.None),
		sampled(record.CPURequest, 0.0021, 0.00009, record.None),
		costs(212, 86.4, -130, -121, record.None),
	)
	return comparison(priced(s, 212, 86.4, -130, -121))
}

func costOnly() record.Comparison {
	s := record.Service{Name: "batch", Verdict: record.Fail, Pairs: 12, Base: record.Record{Image: "batch:1"}, Head: record.Record{Image: "batch:2"},
		Metrics: []record.Change{budget(costs(12.5, 16.1, 2.9, 4.4, record.Fail), record.Budget{Grow: f(0.05)})}}
	return comparison(priced(s, 12.5, 16.1, 2.9, 4.4))
}

func static() record.Comparison {
	estimated := budget(exact(record.ImageCompressed, 41_000_000, 41_900_000, record.Pass), record.Budget{Grow: f(0.05)})
	estimated.Estimated = true
	pull := exact(record.ImagePull, 1, 13_400_000, record.None)
	pull.Base, pull.Ratio, pull.Difference = f(0), nil, pull.Head
	pull.Shift = &record.Shift{Difference: *pull.Head, Low: *pull.Head, High: *pull.Head, Level: 1}
	pull = budget(pull, record.Budget{Grow: f(0.5), Floor: 1e6})
	pull.Verdict = record.Pass
	s := service("api", exact(record.ImageSize, 105_800_000, 108_000_000, record.None), estimated, pull, exact(record.ImageLayers, 2, 2, record.None))
	s.Pairs, s.Voided, s.Base.Setup, s.Head.Setup, s.Base.Environment, s.Head.Environment = 0, 0, nil, nil, nil, nil
	return comparison(s)
}

func severalServices() record.Comparison {
	api := failing().Services[0]
	web := passing().Services[0]
	web.Name = "web"
	worker := undecided().Services[0]
	worker.Name = "worker"
	mailer := missing().Services[0]
	mailer.Name = "mailer"
	accepted := service("search", budget(sampled(record.MemoryPeak, 300<<20, 390<<20, record.Accepted), record.Budget{Grow: f(0.1)}))
	accepted.Metrics[0].Note = "accepted by @ada with the label plimsoll: accept"
	return comparison(web, mailer, accepted, api, worker)
}

const evil = "x\n::set-output name=a::b | `rm -rf` <img src=x onerror=alert(1)> @everyone #123 GH-7 https://evil.example www.evil.example " +
	"</details></summary> **bold** [a](b) \u202egnp.exe \x1b[31mred --> 0123456789abcdef0123456789abcdef01234567"

// hostile puts the worst into every foreign string.
func hostile() record.Comparison {
	c := failing()
	long := evil + strings.Repeat("A|`<", 2500)
	s := &c.Services[0]
	s.Name, s.Base.Image, s.Head.Image, s.Head.Digest, s.Base.Platform = evil, long, evil, evil, evil
	s.Warnings, c.Warnings, c.Tool = []string{evil, long}, []string{"::error::" + evil}, evil
	for i := range s.Metrics {
		s.Metrics[i].Note = long
	}
	s.Metrics[2].ID, s.Metrics[2].Unit = record.MetricID(evil), record.Unit(evil)
	for i := range s.Head.Layers {
		s.Head.Layers[i].Instruction = evil
	}
	s.Head.Setup.Load.Requests[0].Path, s.Head.Environment.Kernel = evil, evil
	s.Cost.Platform, s.Cost.Currency = evil, evil
	s.Cost.Detail.Items[0].Name, s.Cost.Detail.Items[0].How = evil, long
	s.Cost.Detail.Prices[0] = record.PriceUsed{Key: evil, Value: math.MaxFloat64, Unit: evil, Source: evil, AsOf: evil, Grade: evil}
	s.Cost.Detail.Book, s.Cost.Detail.Notes = evil, []string{long}
	d := &s.Cost.Detail
	d.Views[0].Name, d.Views[0].How, d.Decision.Action, d.Decision.Why[0] = evil, long, evil, long
	d.ThreeYears[0] = record.CostTotal{Name: evil, Platform: evil, NotMeasured: []string{evil, long}, How: long}
	d.Steps[0].Input, d.Sensitivity[0].Input = record.MetricID(evil), record.MetricID(evil)
	s.Cost.Causes[0].How, s.Cost.Causes[1].Input, s.Cost.Causes[1].Amount, d.Platform = long, record.MetricID(evil), 30, evil
	s.Head.Trials[3].Notes, s.Head.Trials[3].Void = []string{evil}, evil
	return c
}

func many(n int) record.Comparison {
	var services []record.Service
	for i := range n {
		s := failing().Services[0]
		if i%3 > 0 {
			s = passing().Services[0]
		}
		s.Name = fmt.Sprintf("service-%03d", i)
		services = append(services, s)
	}
	return comparison(services...)
}
