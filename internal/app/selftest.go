package app

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

const (
	// usualGrowth is the budget of metrics that no configuration gives one.
	usualGrowth = 0.10
	// flips is how many runs a recorded one is turned into.
	flips = 10_000
	// alarmLevel is the confidence of the bound on false alarms.
	alarmLevel = 0.95
)

// usualMetrics are gated where the configuration gates nothing, as far as the image
// gives them: times, and what decides the cost of a service or a job.
var usualMetrics = []record.MetricID{
	record.StartupReady, record.StartupCPU, record.MemoryPeak, record.CPURequest, record.RunSeconds, record.RunCPU,
}

// mostPairs is the last look: more pairs than a run has would say nothing of one.
func mostPairs() int { return slices.Max(compare.Looks(len(usualMetrics))) }

func runSelftest(ctx context.Context, env Env, args []string) (int, error) {
	flags := flagSet(env, "selftest", "[IMAGE]")
	var c common
	c.register(flags, "text or json, which holds every trial")
	pairs := flags.Int("pairs", mostPairs(), "`number` of pairs of the image with itself")
	budget := flags.Duration("time", 0, "time `budget` for the measurement, such as 5m (default: what the pairs need)")
	seed := flags.Uint64("seed", 0, "seed of the order of boots, and of the labels (default: random)")
	images, err := parse(flags, args)
	if err != nil {
		return ExitOK, err
	}
	if err := c.checkSelftest(); err != nil {
		return ExitOK, err
	}
	plan, err := selftestPlan(c.config, images, *budget)
	if err != nil {
		return ExitOK, err
	}
	if least := compare.Looks(compare.Hypotheses(plan.Services[0].Budgets))[0]; *pairs < least || *pairs > mostPairs() {
		return ExitOK, usagef("--pairs %d: expected %d, where the first verdict falls, to %d, where the last one does", *pairs, least, mostPairs())
	}
	j, err := newJob(env, plan, c)
	if err != nil {
		return ExitOK, err
	}
	j.rounds, j.whole = *pairs, true
	if isSet(flags, "seed") {
		j.seed = *seed
	}
	return j.selftest(ctx, c.format)
}

func (c *common) checkSelftest() error {
	if c.format != "text" && c.format != "json" {
		return usagef("--format %q: expected text or json", c.format)
	}
	return nil
}

// selftestPlan is the plan of one image, with itself as its base.
func selftestPlan(path string, images []string, budget time.Duration) (config.Plan, error) {
	if budget < 0 {
		return config.Plan{}, usagef("--time %v: expected a duration above zero", budget)
	}
	plan, err := singlePlan(path, "selftest", images)
	if err != nil {
		return plan, err
	}
	if budget > 0 {
		plan.Measure.Time = budget
	}
	s := &plan.Services[0]
	s.Base = s.Image
	if compare.Hypotheses(s.Budgets) == 0 {
		s.Budgets, s.Lines = growths(usualMetrics, usualGrowth), nil
	}
	return plan, nil
}

// growths gives the same budget to all metrics.
func growths(ids []record.MetricID, grow float64) map[record.MetricID]record.Budget {
	budgets := map[record.MetricID]record.Budget{}
	for _, id := range ids {
		budgets[id] = record.Budget{Grow: &grow}
	}
	return budgets
}

// selftest compares the image with itself and prints what can be learned of it.
// Whatever that is, it is no failure; only not to have measured is one.
func (j *job) selftest(ctx context.Context, format string) (int, error) {
	c, err := j.compare(ctx)
	if err != nil {
		return ExitOK, err
	}
	s := j.rehearse(c.Services[0])
	s.Created, s.Tool = c.Created, c.Tool
	code := ExitOK
	if len(s.Metrics) == 0 || s.Service.Verdict == record.Missing {
		code = ExitMissing
	}
	return code, printSelftest(j.env, format, s)
}

// rehearse replays the recorded pairs. Budgets of our own choice on what the image
// does not give (a worker has no requests) are dropped.
func (j *job) rehearse(measured record.Service) record.SelfTest {
	s := j.plan.Services[0]
	in := j.input(s, [2]*record.Record{&measured.Base, &measured.Head})
	replay := compare.NewReplay(in)
	observed := func(id record.MetricID) bool { return replay.Observed(id) }
	if len(s.Lines) == 0 && slices.ContainsFunc(usualMetrics, observed) {
		for _, id := range usualMetrics {
			if !observed(id) {
				delete(in.Budgets, id)
			}
		}
		again := compare.Service(in)
		measured.Metrics, measured.Verdict = again.Metrics, again.Verdict
	}
	t := record.SelfTest{Schema: record.SelfTestSchema, Service: measured, Noise: disturbance(measured)}
	usual := slices.DeleteFunc(slices.Clone(usualMetrics), func(id record.MetricID) bool { return !observed(id) })
	if len(usual) == 0 || replay.Pairs() < compare.Looks(compare.Hypotheses(in.Budgets))[0] {
		return t
	}
	j.progress.step("swapping base and head inside the %d pairs, %d times", replay.Pairs(), flips)
	for _, grow := range []float64{0, usualGrowth} {
		t.Alarms = append(t.Alarms, alarm(compare.Rehearsal{Replay: replay, Budgets: growths(usual, grow), Seed: j.seed}, &grow))
	}
	if len(s.Lines) > 0 {
		t.Alarms = append(t.Alarms, alarm(compare.Rehearsal{Replay: replay, Budgets: in.Budgets, Seed: j.seed}, nil))
	}
	t.Metrics = j.sensitivities(replay, in.Budgets)
	return t
}

// alarm counts the false alarms of one set of budgets.
func alarm(r compare.Rehearsal, grow *float64) record.Alarm {
	tally := r.FalseAlarms(flips)
	a := record.Alarm{Grow: grow, Runs: tally.Runs, Fails: tally.Found, Rate: tally.Share(), Level: alarmLevel,
		Bound: stat.AtMost(tally.Found, tally.Runs, alarmLevel)}
	for _, m := range record.Catalog {
		if _, gated := r.Budgets[m.ID]; gated && !m.Exact {
			a.Metrics = append(a.Metrics, m.ID)
		}
	}
	return a
}

// sensitivities are the smallest changes that would be seen of every metric whose
// growth is gated: of any growth at all, and of one over its budget.
func (j *job) sensitivities(replay *compare.Replay, budgets map[record.MetricID]record.Budget) []record.Sensitivity {
	var all []record.Sensitivity
	for _, m := range record.Catalog {
		b, gated := budgets[m.ID]
		if !gated || m.Exact || b.Grow == nil || !replay.Observed(m.ID) {
			continue
		}
		noise := replay.Noise(m.ID)
		s := record.Sensitivity{ID: m.ID, Unit: m.Unit, Pairs: noise.Pairs, Ratio: noise.Ratio, Noise: noise.Deviation}
		for _, budget := range []record.Budget{{Grow: new(float64)}, b} {
			under := maps.Clone(budgets)
			under[m.ID] = budget
			effect := record.SmallestEffect{Budget: budget}
			r := compare.Rehearsal{Replay: replay, Budgets: under, Seed: j.seed}
			if change, ok := r.SmallestSeen(m.ID); ok {
				effect.Effect = &change
			}
			s.Smallest = append(s.Smallest, effect)
		}
		all = append(all, s)
	}
	return all
}

// disturbance sums up what else the machine did during the pairs that count.
func disturbance(s record.Service) record.Disturbance {
	d := record.Disturbance{Voided: s.Voided}
	if s.Head.Environment != nil {
		d.Sampler = s.Head.Environment.Sampler
	}
	var steal, others, lag []float64
	for _, t := range slices.Concat(s.Base.Trials, s.Head.Trials) {
		if !t.Counts() {
			continue
		}
		d.SamplerGap = max(d.SamplerGap, t.Memory.MaxGap)
		steal = append(steal, t.Host.Steal)
		if t.Host.Others != nil {
			others = append(others, *t.Host.Others)
		}
		if t.Load != nil {
			lag = append(lag, float64(t.Load.Lag))
		}
	}
	d.Steal, d.Lag = extent(steal), extent(lag)
	if len(others) > 0 {
		o := extent(others)
		d.Others = &o
	}
	return d
}

func extent(values []float64) record.Extent {
	if len(values) == 0 {
		return record.Extent{}
	}
	return record.Extent{Median: stat.Median(values), Worst: slices.Max(values)}
}

func printSelftest(env Env, format string, s record.SelfTest) error {
	body := report.SelfTestTerminal(s, terminalOptions(env))
	var err error
	if format == "json" {
		body, err = report.SelfTestJSON(s)
	}
	_, writeErr := env.Stdout.Write(body)
	return errors.Join(err, writeErr)
}
