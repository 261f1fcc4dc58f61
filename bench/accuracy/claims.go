package accuracy

import (
	"fmt"
	"io/fs"
	"math"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// Finding is what one engine's observations say of a claim.
type Finding struct {
	Text string // "" for no observations
	Met  bool
	Open bool // too little was observed to say that it is missed
}

// claim is a row of the table.
type claim struct {
	text, bar string // no bar: shown beside the claim above it
	row       string // whose observations it rests on
	find      func(from fs.FS, engine string) (Finding, error)
}

// claims are in the order of the table.
var claims = []claim{
	{"startup clock, against an image that stamps itself, 0 to 3000 ms", "median error at most 1 ms; 95th percentile at most 2 ms to 500 ms, 5 ms at 3000 ms", "startup", of("startup", startup)},
	{"64 MiB touched for 100 ms, seen in `memory.peak`", "within 2 %", "memory", of("memory", memory)},
	{"CPU per request, against an image that burns a known 2 ms", "within 3 %", "request", of("request", request)},
	{"server frozen 1 s in every 4, at 200/s: `load.p99`", "within 2 % of the truth", "frozen", of("frozen", frozen)},
	{"head against head, compared for real, budget 0 %", "at most 3 % false `fail`, all metrics together", "pairs", of("pairs", realAlarms(budgets(0), 0.03))},
	{"the same at 10 %", "none", "pairs", of("pairs", realAlarms(budgets(0.1), 0))},
	{"head against head, 10,000 runs by swapping labels inside recorded pairs, budget 0 %", "at most 3 % false `fail`, all metrics together", "pairs", of("pairs", flippedAlarms(budgets(0), 0.03))},
	{"the same at 10 %, `startup.ready` with the floor of 20 ms that the examples give it", "none", "pairs", of("pairs", flippedAlarms(customary(0.1), 0))},
	{"the same at 10 % without the floor", "", "pairs", of("pairs", flippedAlarms(budgets(0.1), 0))},
	{"+15 % CPU per request injected into recorded pairs, budget 0 %", "found in 95 %", "pairs", of("pairs", injectedCPU(0))},
	{"the same at 5 %", "found in 95 %", "pairs", of("pairs", injectedCPU(0.05))},
	{"the same at 10 %", "", "pairs", of("pairs", injectedCPU(0.1))},
	{"an image with +15 % CPU and memory, compared for real, budget 5 %", "found", "injected", of("injected", realDetection)},
	{"engine and tool overhead per boot, beyond the app's start, idle and load", "at most 600 ms", "overhead", of("overhead", overhead)},
	{"the agent's CPU per request at saturation", "at most 60 µs", "agent", of("agent", saturated)},
	{"the agent's CPU at 200/s", "at most 15 % of a core", "agent", of("agent", loaded)},
	{"the agent's CPU while it samples", "at most 1 % of a core", "agent", of("agent", sampling)},
}

// of reads the observations of a row and judges them, if there are any.
func of[T any](row string, find func([]T) Finding) func(fs.FS, string) (Finding, error) {
	return func(from fs.FS, engine string) (Finding, error) {
		f, err := Load[T](from, engine, row)
		if err != nil || len(f.Rows) == 0 {
			return Finding{}, err
		}
		return find(f.Rows), nil
	}
}

// column takes one number of every row.
func column[T any](rows []T, of func(T) float64) []float64 {
	values := make([]float64, len(rows))
	for i, r := range rows {
		values[i] = of(r)
	}
	return values
}

// quantile is the nearest rank.
func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

func millis(seconds float64) string { return fmt.Sprintf("%.2f ms", 1e3*seconds) }

func percent(ratio float64) string { return fmt.Sprintf("%.2f %%", 100*ratio) }

// startupBar is the 95th percentile that the clock must reach, in seconds.
func startupBar(after float64) float64 {
	if after > 0.5 {
		return 0.005
	}
	return 0.002
}

// byDelay groups the boots by when the image meant to listen.
func byDelay(rows []Startup) (delays []float64, groups map[float64][]Startup) {
	groups = map[float64][]Startup{}
	for _, r := range rows {
		if _, seen := groups[r.After]; !seen {
			delays = append(delays, r.After)
		}
		groups[r.After] = append(groups[r.After], r)
	}
	slices.Sort(delays)
	return delays, groups
}

func (s Startup) openError() float64    { return math.Abs(s.Open - s.Truth) }
func (s Startup) readyError() float64   { return math.Abs(s.Ready - s.Truth) }
func (s Startup) outsideError() float64 { return math.Abs(s.Outside - s.Truth) }

func startup(rows []Startup) Finding {
	f := Finding{Met: true}
	median, p95 := 0.0, 0.0
	delays, groups := byDelay(rows)
	for _, d := range delays {
		e := column(groups[d], Startup.openError)
		median, p95 = max(median, quantile(e, 0.5)), max(p95, quantile(e, 0.95))
		f.Met = f.Met && quantile(e, 0.5) <= 0.001 && quantile(e, 0.95) <= startupBar(d)
	}
	outside := column(rows, Startup.outsideError)
	f.Text = fmt.Sprintf("at worst a median of %s and a 95th percentile of %s, %d boots each; an outside 100 ms poll: %s and %s",
		millis(median), millis(p95), len(rows)/max(1, len(delays)), millis(quantile(outside, 0.5)), millis(quantile(outside, 0.95)))
	return f
}

func memory(rows []Memory) Finding {
	off := column(rows, func(m Memory) float64 { return math.Abs(m.Peak-m.Idle-float64(m.Touched)) / float64(m.Touched) })
	seen := 0
	for _, m := range rows {
		if m.StatsPeak-m.StatsIdle > 0.98*float64(m.Touched) {
			seen++
		}
	}
	return Finding{
		Text: fmt.Sprintf("off by %s in the median, %s at most, in %d boots; `docker stats` saw it in %d of them",
			percent(quantile(off, 0.5)), percent(slices.Max(off)), len(rows), seen),
		Met: slices.Max(off) <= 0.02,
	}
}

func request(rows []Request) Finding {
	off := column(rows, func(r Request) float64 { return r.Measured/r.Truth - 1 })
	worst := max(slices.Max(off), -slices.Min(off))
	return Finding{
		Text: fmt.Sprintf("%+.2f %% in the median, off by %s at most, in %d boots", 100*quantile(off, 0.5), percent(worst), len(rows)),
		Met:  worst <= 0.03,
	}
}

// Truth is the 99th percentile of what the requests had to wait for the freezes
// alone: a request that was due in one waited for its end.
func (f Frozen) Truth() float64 {
	waits := make([]float64, f.Requests)
	for k := range waits {
		due := f.First + float64(k)/f.Rate - f.Start
		if phase := math.Mod(due, f.Every); phase >= f.Every-f.Frozen {
			waits[k] = f.Every - phase
		}
	}
	return quantile(waits, 0.99)
}

func frozen(rows []Frozen) Finding {
	off := column(rows, func(f Frozen) float64 { return f.P99/f.Truth() - 1 })
	worst := max(slices.Max(off), -slices.Min(off))
	last := rows[len(rows)-1]
	return Finding{
		Text: fmt.Sprintf("%+.2f %% in the median, off by %s at most, in %d boots (the last: %.1f ms, truth %.1f ms)",
			100*quantile(off, 0.5), percent(worst), len(rows), 1e3*last.P99, 1e3*last.Truth()),
		Met: worst <= 0.02,
	}
}

func overhead(rows []Overhead) Finding {
	beyond := column(rows, func(o Overhead) float64 { return o.Wall - o.Ready - o.Idle - o.Load })
	return Finding{
		Text: fmt.Sprintf("%.0f ms in the median, 95th percentile %.0f ms, in %d boots", 1e3*quantile(beyond, 0.5), 1e3*quantile(beyond, 0.95), len(rows)),
		Met:  quantile(beyond, 0.5) <= 0.6,
	}
}

// alone is what the agent uses of a core without any load, in the median: of every
// two boots without one, what the longer uses more. Its own start and its probes
// are in both.
func alone(rows []Agent) float64 {
	var shares []float64
	var short *Agent
	for i, a := range rows {
		switch {
		case a.Rate != 0:
		case short == nil:
			short = &rows[i]
		default:
			shares = append(shares, (a.CPU-short.CPU)/(a.Window-short.Window))
			short = nil
		}
	}
	return stat.Median(shares)
}

// underLoad are the boots with a load, and the CPU time of the agent for it.
func underLoad(rows []Agent, wanted func(Agent) bool) (boots []Agent, cpu []float64) {
	idle := alone(rows)
	for _, a := range rows {
		if a.Rate > 0 && wanted(a) {
			boots, cpu = append(boots, a), append(cpu, a.CPU-idle*(a.Window-a.Load))
		}
	}
	return boots, cpu
}

// steadyRate is the load that the product chooses by itself, at most.
const steadyRate = 200

func saturated(rows []Agent) Finding {
	boots, cpu := underLoad(rows, func(a Agent) bool { return a.Rate != steadyRate })
	each := make([]float64, len(boots))
	rate := make([]float64, len(boots))
	for i, a := range boots {
		each[i], rate[i] = cpu[i]/float64(a.Completed), float64(a.Completed)/a.Load
	}
	if len(each) == 0 {
		return Finding{}
	}
	return Finding{
		Text: fmt.Sprintf("%.1f µs in the median of %d boots, at %.0f/s", 1e6*stat.Median(each), len(each), stat.Median(rate)),
		Met:  stat.Median(each) <= 60e-6,
	}
}

func loaded(rows []Agent) Finding {
	boots, cpu := underLoad(rows, func(a Agent) bool { return a.Rate == steadyRate })
	shares := make([]float64, len(boots))
	for i, a := range boots {
		shares[i] = cpu[i] / a.Load
	}
	if len(shares) == 0 {
		return Finding{}
	}
	return Finding{
		Text: fmt.Sprintf("%s of a core in the median of %d boots, %s at most", percent(stat.Median(shares)), len(shares), percent(slices.Max(shares))),
		Met:  stat.Median(shares) <= 0.15,
	}
}

func sampling(rows []Agent) Finding {
	share := alone(rows)
	if math.IsNaN(share) {
		return Finding{}
	}
	return Finding{Text: percent(share) + " of a core in the median, by what idling longer adds", Met: share <= 0.01}
}

// Said is what the observations of one row say of its claims, in text.
func Said(from fs.FS, engine, row string) (string, error) {
	text := ""
	for _, c := range claims {
		if c.row != row {
			continue
		}
		f, err := c.find(from, engine)
		if err != nil {
			return "", err
		}
		text += c.text + " (" + c.expects() + ")\n  " + c.cell(f) + "\n"
	}
	return text, nil
}
