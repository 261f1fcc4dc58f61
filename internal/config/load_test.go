package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/golden"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func ptr(v float64) *float64 { return &v }

func load(t *testing.T, path string) config.Plan {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := config.Load(filepath.Base(path), src)
	if err != nil {
		t.Fatalf("%s:\n%v", path, err)
	}
	return plan
}

// Each file of testdata/err has its whole message beside it.
func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/err/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files in testdata/err", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := config.Load("plimsoll.yml", src)
			if err == nil {
				t.Fatalf("accepted as %+v", plan)
			}
			golden.Compare(t, strings.TrimSuffix(file, ".yml")+".txt", err.Error()+"\n")
		})
	}
}

func TestOK(t *testing.T) {
	for _, pattern := range []string{"testdata/ok/*.yml", "testdata/examples/*.yml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal("no files for", pattern, err)
		}
		for _, file := range files {
			if plan := load(t, file); len(plan.Services) == 0 || plan.Services[0].Image == "" {
				t.Errorf("%s: no service with an image: %+v", file, plan)
			}
		}
	}
}

func TestDesignExample(t *testing.T) {
	want := config.Plan{
		File: "design.yml",
		Services: []config.Service{{
			Name: "api", Image: "app:head", Base: "app:base",
			Setup: record.Setup{
				Ready:  record.Ready{Kind: record.ReadyHTTP, Path: "/health", Port: 8080, Timeout: 60},
				Limits: record.Limits{CPUs: 1, Memory: 256 << 20, PIDs: 4096, Disk: 4 << 30},
				Load: record.Load{
					Stages: []record.Stage{{For: 1, Rate: 50}, {For: 2, Rate: 200}},
					Requests: []record.Request{
						{Method: "GET", Path: "/user/1", Weight: 1},
						{Method: "POST", Path: "/login", Body: `{"user":"t"}`, Weight: 3},
					},
				},
				Idle: 0.5, StopTimeout: 10, Environment: []string{"MODE"},
			},
			Env: map[string]string{"MODE": "test"},
			Budgets: map[record.MetricID]record.Budget{
				"image.compressed": {Max: ptr(40e6), Grow: ptr(0.05), Floor: 500e3},
				"startup.ready":    {Max: ptr(2), Grow: ptr(0.15), Floor: 0.02},
				"memory.peak":      {Max: ptr(200 << 20), Grow: ptr(0.1), Floor: 2 << 20},
				"cost.month":       {Grow: ptr(0.05), Floor: 5},
			},
			Lines: map[record.MetricID]int{"image.compressed": 13, "startup.ready": 14, "memory.peak": 15, "cost.month": 16},
		}},
		Cost: config.Cost{
			Platform: "kubernetes", Node: "aws/m7i.large", Region: "us-east-1",
			Traffic:  config.Traffic{Average: 120, Peak: 400, PeakHours: 6, Deploys: 60},
			Replicas: config.Replicas{Min: 2, Max: 10, TargetCPU: 0.7},

			CoreSpeed: config.CoreSpeed{Ratio: 1, Sigma: 0.2},
		},
		OnInconclusive: record.Pass,
	}
	if d := cmp.Diff(want, load(t, "testdata/examples/design.yml"), approximately); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// approximately forgives the last bit: 15 * 0.01 is not 0.15.
var approximately = cmp.Comparer(func(a, b float64) bool { return a == b || max(a, b)-min(a, b) < 1e-12*max(a, b) })

func TestEverything(t *testing.T) {
	plan := load(t, "testdata/examples/everything.yml")
	if plan.OnInconclusive != record.Fail || plan.Measure != (config.Measure{Time: 5 * time.Minute, NoPin: true}) {
		t.Errorf("on-inconclusive %q, measure %+v", plan.OnInconclusive, plan.Measure)
	}
	api, worker := plan.Services[0], plan.Services[1]
	want := record.Setup{
		Ready:  record.Ready{Kind: record.ReadyTCP, Port: 8080, Timeout: 30},
		Limits: record.Limits{CPUs: 0.5, Memory: 512 << 20, PIDs: 200, Disk: 2 << 30},
		Load: record.Load{
			Stages: []record.Stage{{For: 0.5}, {For: 1, Rate: 20}},
			Requests: []record.Request{
				{Method: "GET", Path: "/search?q=a", Headers: map[string]string{"Accept": "application/json"}, Weight: 2},
				{Method: "PUT", Path: "/user/1", Body: "{}", Weight: 1},
			},
		},
		Idle: 0.25, StopTimeout: 20, User: "1000:1000", Tmpfs: []string{"/tmp", "/run:size=16m"},
		Environment: []string{"DEBUG", "EMPTY", "PORT"},
		Command:     []string{"gunicorn", "--bind", "0.0.0.0:8080", "app:app"},
	}
	if d := cmp.Diff(want, api.Setup); d != "" {
		t.Errorf("setup (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]string{"PORT": "8080", "DEBUG": "true", "EMPTY": ""}, api.Env); d != "" {
		t.Errorf("env (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"common.env", "test.env"}, api.EnvFiles); d != "" {
		t.Errorf("env_file (-want +got):\n%s", d)
	}
	// The merged budgets, with the service's own image.layers over the anchor's.
	budgets := map[record.MetricID]record.Budget{
		"image.compressed": {Max: ptr(40e6)}, "image.layers": {Max: ptr(12)}, "load.errors": {Max: ptr(0.01)},
		"cpu.idle": {Max: ptr(0.02)}, "load.rate": {Grow: ptr(0.1)},
	}
	if d := cmp.Diff(budgets, api.Budgets, approximately); d != "" {
		t.Errorf("merged budgets (-want +got):\n%s", d)
	}
	if api.Lines["image.layers"] != 33 || api.Lines["cpu.idle"] != 10 {
		t.Errorf("lines of budgets: %v", api.Lines)
	}
	if worker.Name != "worker" || len(worker.Setup.Load.Stages) != 0 || worker.Setup.Ready.Kind != record.ReadyNone {
		t.Errorf("worker %q, %+v", worker.Name, worker.Setup)
	}
	if d := cmp.Diff([]string{"/worker", "--queue", "a b"}, worker.Setup.Command); d != "" {
		t.Errorf("command (-want +got):\n%s", d)
	}
	wantCost := config.Cost{
		Platform: "fargate", Region: "us-east-1",
		Traffic:  config.Traffic{Average: 50, Peak: 150, PeakHours: 6, Deploys: 60},
		Replicas: config.Replicas{Min: 3, Max: 10, TargetCPU: 0.7},

		CoreSpeed: config.CoreSpeed{Ratio: 1, Sigma: 0.2},
	}
	if d := cmp.Diff(wantCost, plan.Cost, approximately); d != "" {
		t.Errorf("cost (-want +got):\n%s", d)
	}
}

// What a file leaves out is what two images alone get.
func TestDefaultIsTheMinimalFile(t *testing.T) {
	want := load(t, "testdata/examples/minimal.yml")
	want.File = ""
	got := config.Default("", "app:head")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-file +default):\n%s", d)
	}
	s := got.Services[0]
	if s.Name != "app" || s.Setup.Idle != 0.5 || s.Setup.StopTimeout != 10 || s.Setup.Limits != (record.Limits{PIDs: 4096, Disk: 4 << 30}) ||
		s.Setup.Ready != (record.Ready{Kind: record.ReadyAuto, Timeout: 60}) {
		t.Errorf("defaults of a service: %+v", s)
	}
	load := record.Load{Stages: []record.Stage{{For: 1.5}}, Requests: []record.Request{{Method: "GET", Path: "/", Weight: 1}}}
	if d := cmp.Diff(load, s.Setup.Load); d != "" {
		t.Errorf("default load (-want +got):\n%s", d)
	}
	if got.Cost.Traffic != (config.Traffic{Average: 100, Peak: 300, PeakHours: 6, Deploys: 60, Assumed: true}) {
		t.Errorf("default traffic: %+v", got.Cost.Traffic)
	}
}

func TestDefaultLoadAsksTheReadyPath(t *testing.T) {
	plan, err := config.Load("x", []byte("services: [{image: a, ready: {http: /health}}]"))
	if err != nil {
		t.Fatal(err)
	}
	if got := plan.Services[0].Setup.Load.Requests[0].Path; got != "/health" {
		t.Errorf("path %q", got)
	}
}

func TestNames(t *testing.T) {
	for image, want := range map[string]string{
		"app:head":                            "app",
		"localhost:5000/team/api":             "api",
		"docker://r.example/x/web@sha256:abc": "web",
		"docker-daemon:svc:pr-1":              "svc",
		"oci:build/layout:tag":                "layout",
		"sha256:0123":                         "sha256",
		"./":                                  "app",
	} {
		if got := config.Default("", image).Services[0].Name; got != want {
			t.Errorf("%s is called %q, want %q", image, got, want)
		}
	}
}

func TestImagesBesideTheFile(t *testing.T) {
	given := config.Images{Base: "new:base", Head: "new:head"}
	for src, want := range map[string]string{
		"cost: {platform: fargate}":                  "new",
		"services: [{name: api}]":                    "api",
		"services: [{name: api, image: a, base: b}]": "api",
	} {
		plan, err := config.LoadImages("x", []byte(src), given)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if s := plan.Services[0]; s.Image != given.Head || s.Base != given.Base || s.Name != want {
			t.Errorf("%s: %+v", src, s)
		}
	}
	_, err := config.LoadImages("x", []byte("services: [{image: a}, {image: b}]"), given)
	if err == nil || !strings.Contains(err.Error(), "it has 2 services") {
		t.Errorf("two services: %v", err)
	}
}

// Both ends of a range are completed as one number is, and the middle is likely.
func TestTrafficFromARange(t *testing.T) {
	for src, want := range map[string]config.Traffic{
		"average: 80/s..160/s": {
			Average: 120, Peak: 360, PeakHours: 6, Deploys: 60,
			Low: config.Rates{Average: 80, Peak: 240}, High: config.Rates{Average: 160, Peak: 480},
		},
		"average: 80/s .. 160/s, peak: 400/s": {
			Average: 120, Peak: 400, PeakHours: 4.8, Deploys: 60,
			Low: config.Rates{Average: 80, Peak: 400}, High: config.Rates{Average: 160, Peak: 400},
		},
		"peak: 60/m..3/s, peak_hours: 24": {
			Average: 2, Peak: 2, PeakHours: 24, Deploys: 60,
			Low: config.Rates{Average: 1, Peak: 1}, High: config.Rates{Average: 3, Peak: 3},
		},
		"average: 5/s..5/s": {Average: 5, Peak: 15, PeakHours: 6, Deploys: 60},
	} {
		plan, err := config.Load("x", []byte("services: [{image: a}]\ncost: {traffic: {"+src+"}}"))
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if d := cmp.Diff(want, plan.Cost.Traffic, approximately); d != "" {
			t.Errorf("%s (-want +got):\n%s", src, d)
		}
	}
}

func TestWhatOnlyTheUserKnows(t *testing.T) {
	plan, err := config.Load("x", []byte("services: [{image: a}]\ncost: {core_speed: {ratio: 1.5, sigma: 0%}, "+
		"three_years: {growth: 20%, discount: 0%, self_managed: {hours: 16, wage: 80USD}, hybrid: {discount: 30%}}}"))
	if err != nil {
		t.Fatal(err)
	}
	of := func(v float64) *float64 { return &v }
	want := &config.ThreeYears{
		Growth: of(0.2), Discount: of(0),
		SelfManaged: config.Work{Hours: of(16), Wage: of(80)}, Hybrid: config.Work{Discount: of(0.3)},
	}
	if d := cmp.Diff(want, plan.Cost.ThreeYears, approximately); d != "" || plan.Cost.CoreSpeed != (config.CoreSpeed{Ratio: 1.5}) {
		t.Errorf("core speed %+v, three years (-want +got):\n%s", plan.Cost.CoreSpeed, d)
	}
}

func TestTrafficFromOneNumber(t *testing.T) {
	for src, want := range map[string]config.Traffic{
		"average: 50/s":                               {Average: 50, Peak: 150, PeakHours: 6, Deploys: 60},
		"peak: 60/m":                                  {Average: 1.0 / 3, Peak: 1, PeakHours: 6, Deploys: 60},
		"average: 10/s, peak: 100/s":                  {Average: 10, Peak: 100, PeakHours: 2.4, Deploys: 60},
		"average: 10/s, peak_hours: 12":               {Average: 10, Peak: 20, PeakHours: 12, Deploys: 60},
		"average: 3600/h, peak_hours: 24, deploys: 0": {Average: 1, Peak: 1, PeakHours: 24},
	} {
		plan, err := config.Load("x", []byte("services: [{image: a}]\ncost: {traffic: {"+src+"}}"))
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if d := cmp.Diff(want, plan.Cost.Traffic, approximately); d != "" {
			t.Errorf("%s (-want +got):\n%s", src, d)
		}
	}
}

func TestSizeLimit(t *testing.T) {
	valid := "services: [{image: a}]\n"
	src := []byte(valid + "#" + strings.Repeat("x", config.MaxSize-len(valid)-1))
	if _, err := config.Load("x", src); err != nil {
		t.Errorf("a file of 1 MiB: %v", err)
	}
	_, err := config.Load("x", append(src, 'x'))
	if want := "x:1:1: the file has 1048577 bytes, expected at most 1048576 (1 MiB) [config]"; err == nil || err.Error() != want {
		t.Errorf("a larger one: %v", err)
	}
}

// Hostile files within the size limit end in an error, not in a hang: each
// would need gigabytes or hours if it were expanded.
func TestHostileFiles(t *testing.T) {
	wide := "services:\n" + strings.Repeat("  - *s\n", 100_000)
	for name, src := range map[string]string{
		"wide":       "x-s: &s {image: a, load: {requests: &r [" + strings.Repeat("{path: /},", 10_000) + "]}}\n" + wide,
		"deep flow":  strings.Repeat("[", config.MaxSize-1),
		"deep block": strings.Repeat("- ", config.MaxSize/2-1),
		"deep map":   strings.Repeat("{a: ", config.MaxSize/4-1),
		"many keys":  strings.Repeat("a: 1\n", config.MaxSize/5-1),
		"long line":  "services: " + strings.Repeat("x", config.MaxSize-100),
		"merges":     "x-0: &m0 {a: 1}\n" + merges(40),
	} {
		_, err := config.Load("plimsoll.yml", []byte(src))
		var all config.Errors
		if !errors.As(err, &all) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if text := err.Error(); len(text) > 100_000 {
			t.Errorf("%s: the message has %d bytes", name, len(text))
		}
	}
}

// merges is a chain of mappings that each merge the one before twice.
func merges(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("x-" + name(i+1) + ": &m" + name(i+1) + " {<<: [*m" + name(i) + ", *m" + name(i) + "]}\n")
	}
	b.WriteString("services: [*m" + name(n) + "]\n")
	return b.String()
}

func name(i int) string { return strings.Repeat("a", i) + "0" }
