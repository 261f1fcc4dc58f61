package cost

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// match is two images under one model; larger is by how much head is.
type match struct {
	model      *Model
	base, head Side
}

func matches(larger float64) *rapid.Generator[match] {
	return rapid.Custom(func(t *rapid.T) match {
		c, in := scenario(t)
		in.MemoryPeak = min(max(in.MemoryPeak, mib), 1500*mib) // so that no draw lacks a size, or is below a byte
		low, high := rapid.Float64Range(0.3, 1).Draw(t, "low"), rapid.Float64Range(1, 3).Draw(t, "high")
		c.Traffic.Low = config.Rates{Average: c.Traffic.Average * low, Peak: c.Traffic.Peak * low}
		c.Traffic.High = config.Rates{Average: c.Traffic.Average * high, Peak: c.Traffic.Peak * high}
		m, err := NewModel(mustBook(), c, today)
		if err != nil {
			t.Fatal(err)
		}
		head := in
		head.MemoryPeak, head.CPURequest = record.Bytes(float64(in.MemoryPeak)*(1+larger)), in.CPURequest*(1+larger)
		n := rapid.IntRange(fewestBoots, 24).Draw(t, "boots")
		return match{m, boots(in, n, 0), boots(head, n, 0)}
	})
}

func mustBook() *Book {
	b, err := Builtin()
	if err != nil {
		panic(err)
	}
	return b
}

func spread(t *testing.T, m match) Spread {
	t.Helper()
	s, ok, err := m.model.Spread(m.base, m.head)
	if err != nil || !ok {
		t.Fatalf("%v, %v", ok, err)
	}
	return s
}

func TestAlikeCostsTheSameInEveryDraw(t *testing.T) {
	for seed := range 15 {
		m := matches(0).Example(seed)
		s := spread(t, m)
		if s.Difference != (record.Money{}) || s.Base != s.Head {
			t.Errorf("seed %d: %+v", seed, s)
		}
	}
}

func TestTheSameSeedGivesTheSameAnswer(t *testing.T) {
	for seed := range 10 {
		m := matches(0.2).Example(seed)
		if a, b := spread(t, m), spread(t, m); a != b {
			t.Errorf("seed %d: %+v, then %+v", seed, a, b)
		}
	}
}

func TestIntervalsHoldTheirValue(t *testing.T) {
	for seed := range 15 {
		m := matches(0.2).Example(seed)
		s := spread(t, m)
		for name, v := range map[string]record.Money{"base": s.Base, "head": s.Head, "difference": s.Difference} {
			if !(v.Low <= v.Value && v.Value <= v.High) {
				t.Errorf("seed %d: %s %+v", seed, name, v)
			}
		}
		if math.Abs(s.Head.Value-s.Base.Value-s.Difference.Value) > 1e-9*s.Head.Value || s.Level != 0.9 {
			t.Errorf("seed %d: %+v", seed, s)
		}
	}
}

// What both sides share cancels: the boots of a pair were disturbed alike, by far
// more than head differs.
func TestSharedNoiseCancels(t *testing.T) {
	m := model(t, config.Cost{Platform: "kubernetes"})
	larger := flask
	larger.MemoryPeak += 10 * mib
	s := spread(t, match{m, boots(flask, 12, 0), boots(larger, 12, 0)})
	if s.Difference.Low <= 0 || s.Difference.High-s.Difference.Low > (s.Head.High-s.Head.Low)/4 {
		t.Errorf("%+v", s)
	}
}

// Without noise, range or doubt about the cores, nothing is left to draw. The
// core speed alone divides CPU, which is all of a month's price that moves.
func TestEachUnknownWidensTheInterval(t *testing.T) {
	exact := func(c config.Cost) Side {
		s := Side{Inputs: flask}
		for range 8 {
			s.Trials = append(s.Trials, map[record.MetricID]float64{record.CPURequest: flask.CPURequest})
		}
		return s
	}
	width := func(change func(*config.Cost)) float64 {
		c := config.Default("", "").Cost
		c.CoreSpeed.Sigma = 0
		change(&c)
		one, ok, err := model(t, c).Interval(exact(c))
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		return one.High - one.Low
	}
	if w := width(func(*config.Cost) {}); w != 0 {
		t.Errorf("nothing unknown, yet $%v wide", w)
	}
	if w := width(func(c *config.Cost) { c.CoreSpeed.Sigma = 0.2 }); !(w > 1) {
		t.Errorf("unknown cores: $%v wide", w)
	}
	ranged := width(func(c *config.Cost) {
		c.Traffic.Low, c.Traffic.High = config.Rates{Average: 50, Peak: 150}, config.Rates{Average: 150, Peak: 450}
	})
	if !(ranged > 1) {
		t.Errorf("unknown traffic: $%v wide", ranged)
	}
}

func TestTooFewBootsAreNoInterval(t *testing.T) {
	m := model(t, config.Cost{})
	if s, ok, err := m.Spread(boots(flask, fewestBoots-1, 0), boots(flask, 8, 0)); ok || err != nil || s != (Spread{}) {
		t.Errorf("%+v, %v, %v", s, ok, err)
	}
}

// The draws of a triangle on [0, 1] have mean 1/2 and variance 1/24; those of
// the core speed have median 1 and sigma 0.2.
func TestDrawsHaveTheShapeTheyShould(t *testing.T) {
	d, c := roll(8, 8), config.Default("", "").Cost
	c.Traffic.Low, c.Traffic.High = config.Rates{Average: 1e-9, Peak: 1}, config.Rates{Average: 1, Peak: 2}
	const n = 20_000
	var mean, square, log, logs float64
	for range n {
		at := d.next(c)
		x, l := at.Traffic.Average, math.Log(at.CoreSpeed.Ratio)
		mean, square, log, logs = mean+x/n, square+x*x/n, log+l/n, logs+l*l/n
		if math.Abs(at.Traffic.Peak-1-x) > 1e-8 {
			t.Fatalf("average %v with peak %v: they should go together", x, at.Traffic.Peak)
		}
	}
	for what, v := range map[string][2]float64{
		"mean": {mean, 0.5}, "variance": {square - mean*mean, 1.0 / 24}, "mean of logs": {log, 0}, "sigma": {math.Sqrt(logs), 0.2},
	} {
		if math.Abs(v[0]-v[1]) > 0.005 {
			t.Errorf("%s is %v, want about %v", what, v[0], v[1])
		}
	}
}

func TestFasterCoresNeedLess(t *testing.T) {
	c := config.Default("", "").Cost
	c.CoreSpeed.Ratio = 2
	half := flask
	half.CPURequest, half.CPUIdle, half.StartupCPU = half.CPURequest/2, half.CPUIdle/2, half.StartupCPU/2
	fast, err := model(t, c).Month(flask)
	if err != nil {
		t.Fatal(err)
	}
	if same := estimate(t, config.Cost{}, half).Month.Value; fast != same {
		t.Errorf("on cores twice as fast $%v, for half the CPU $%v", fast, same)
	}
}

func TestCausesAddUpToTheDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, base := scenario(t)
		_, head := scenario(t)
		head.Declared.Request.Memory = record.Bytes(rapid.SampledFrom([]int{0, 600}).Draw(t, "declared memory")) * mib
		base.MemoryPeak, head.MemoryPeak = min(base.MemoryPeak, 3000*mib), min(head.MemoryPeak, 3000*mib)
		was, is := price(t, c, base), price(t, c, head)
		m, err := NewModel(mustBook(), c, today)
		if err != nil {
			t.Fatal(err)
		}
		causes, err := m.Causes(base, head)
		if err != nil {
			t.Fatal(err)
		}
		sum, last := 0.0, math.Inf(1)
		for _, c := range causes {
			if sum += c.Amount; math.Abs(c.Amount) > last+1e-9*is.Month.Value {
				t.Errorf("not the largest first: %+v", causes)
			}
			last = math.Abs(c.Amount)
		}
		if d := is.Month.Value - was.Month.Value; math.Abs(sum-d) > 1e-12*(is.Month.Value+was.Month.Value) {
			t.Fatalf("causes add up to %v, the difference is %v: %+v", sum, d, causes)
		}
	})
}

// Worked by hand from TestFargateSteps: 450 MiB with its margin is 518 MiB, past
// the step of 512; a task then costs 730 x 0.5 x 0.004445 more, and two run.
func TestCausesNameTheStep(t *testing.T) {
	c := config.Cost{Platform: "fargate", Replicas: config.Replicas{Min: 2, Max: 2, TargetCPU: 0.7}}
	base := Inputs{MemoryPeak: 440 * mib, CPURequest: 1e-5, Compressed: 50_000_000}
	head := base
	head.MemoryPeak, head.Compressed = 450*mib, 51_000_000
	got, err := model(t, c).Causes(base, head)
	if err != nil {
		t.Fatal(err)
	}
	want := []record.CostCause{
		{Input: record.MemoryPeak, Base: 440 * mib, Head: 450 * mib, Amount: 2 * 730 * 0.5 * 0.004445, How: "memory from 512 to 1024 MiB a replica"},
		{Input: record.ImageCompressed, Base: 50_000_000, Head: 51_000_000, Amount: 0.001*0.1 + 60*2*0.001*0.045},
	}
	if d := cmp.Diff(want, got, within(1e-9)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if same, err := model(t, c).Causes(base, base); err != nil || len(same) != 0 {
		t.Errorf("nothing differs, yet %+v, %v", same, err)
	}
}

// A shared step belongs to both who made it: neither 60 ms of idle CPU nor the
// memory alone leaves a size that the two together do.
func TestCausesShareWhatTheyMakeTogether(t *testing.T) {
	months := []float64{10, 10, 10, 16} // neither, a, b, both
	for i := range 2 {
		if got := shapley(months, i, 2); got != 3 {
			t.Errorf("player %d gets %v of 6", i, got)
		}
	}
	// Of three, the first adds 6 alone and nothing later, in 2 of 6 orders.
	months = []float64{0, 6, 6, 6, 6, 6, 6, 6}
	if got := shapley(months, 0, 3); math.Abs(got-2) > 1e-12 {
		t.Errorf("got %v", got)
	}
}

var nearly = cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-4*max(math.Abs(a), math.Abs(b)) })

// On Fargate, one task of 0.25 vCPU. 440 MiB need 506 MiB: 512 / 1.15 is 445.2,
// 5.2 MiB more than measured; 1 GB costs 730 x 0.5 x 0.004445 more. There is no
// size below. 460 MiB need 529: the way back is 460 - 445.2.
func TestStepsOfMemory(t *testing.T) {
	for _, c := range []struct {
		peak, size  float64
		room, next  float64
		drop, saves float64
		platform    string
	}{
		{440, 512, 512/1.15 - 440, 1.6224, 0, 0, "fargate"},
		{460, 1024, 1024/1.15 - 460, 3.2449, 460 - 512/1.15, 1.6224, "fargate"},
		{900, 2048, 2048/1.15 - 900, 10.63245, 900 - 1024/1.15, 3.2449, "fargate"},
	} {
		in := Inputs{MemoryPeak: record.Bytes(c.peak * mib), CPURequest: 1e-6}
		e, err := model(t, one(c.platform)).Explain(in)
		if err != nil {
			t.Fatal(err)
		}
		want := []record.CostStep{{
			Input: record.MemoryPeak, Needs: c.peak * 1.15 * mib, Size: c.size * mib,
			Room: c.room * mib, Next: c.next, Drop: c.drop * mib, Saves: c.saves,
		}}
		got := e.Steps[:1]
		if d := cmp.Diff(want, got, nearly); d != "" {
			t.Errorf("%v MiB (-want +got):\n%s", c.peak, d)
		}
	}
}

// The largest task has 120 GB: nothing is beyond it.
func TestTheLargestSizeHasNoNext(t *testing.T) {
	in := Inputs{MemoryPeak: 101_000 * mib, CPURequest: 1e-6}
	e, err := model(t, one("fargate")).Explain(in)
	if err != nil {
		t.Fatal(err)
	}
	s := e.Steps[0]
	if s.Size != 120*1024*mib || s.Next != 0 || s.Drop <= 0 || s.Saves <= 0 {
		t.Errorf("%+v", s)
	}
}

// A share of a node is sold by the MiB and the thousandth of a core: no steps.
func TestSharesOfANodeHaveNoSteps(t *testing.T) {
	for _, peak := range []record.Bytes{20 * mib, 171 * mib, 3000 * mib} {
		in := flask
		in.MemoryPeak = peak
		e, err := model(t, config.Cost{Platform: "kubernetes"}).Explain(in)
		if err != nil || len(e.Steps) != 0 {
			t.Errorf("%d: %+v, %v", peak, e.Steps, err)
		}
	}
}

// explained draws anything a user could ask about, and explains its price.
func explained(t *rapid.T) (*Model, Inputs, record.Estimate) {
	c, in := scenario(t)
	m, err := NewModel(mustBook(), c, today)
	if err != nil {
		t.Fatal(err)
	}
	e, err := m.Explain(in)
	if err != nil {
		t.Fatal(err)
	}
	return m, in, e
}

// An edge is found to the last digit, however far from the size that it is.
func TestBisectFindsTheEdge(t *testing.T) {
	for _, edge := range []float64{0.75, 3, 12345.678, 4.4278548984100347e+08} {
		if yes, no := bisect(0.5, 2, func(v float64) bool { return v <= edge }); yes != edge || no != math.Nextafter(edge, math.Inf(1)) {
			t.Errorf("up to %v: %v and %v", edge, yes, no)
		}
	}
	if yes, no := bisect(0.5, 0.5, func(v float64) bool { return v > 0.1 }); no != 0.1 || yes != math.Nextafter(0.1, 1) {
		t.Errorf("down to 0.1: %v and %v", yes, no)
	}
}

// A size that Steps names is where the price changes, and not before.
func TestStepsAreWhereThePriceChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, in, e := explained(t)
		for _, s := range e.Steps {
			q := quantities[0]
			if s.Input == record.CPURequest {
				q = quantities[1]
			}
			x := q.get(&in)
			at := func(v float64) float64 {
				usd, _ := m.Month(more(in, q, v))
				return usd
			}
			little := 1e-6*x + 1
			if s.Input == record.CPURequest {
				little = 1e-6 * x
			}
			if inside := at(x + s.Room - min(little, s.Room)); inside > e.Month.Value*(1+1e-9) {
				t.Fatalf("%+v: $%v within the room, $%v now", s, inside, e.Month.Value)
			}
			if s.Next > 0 && !(at(x+s.Room+2*little) > e.Month.Value) {
				t.Fatalf("%+v: nothing changes beyond", s)
			}
			if s.Drop > 0 && !(at(x-s.Drop-little) < e.Month.Value) {
				t.Fatalf("%+v: nothing is saved below", s)
			}
		}
	})
}

// By hand. An image of 52 MB on kubernetes (aws): each MB is $0.0001 of storage
// and 60 x 2 x $0.000045 of pulls.
func TestSensitivity(t *testing.T) {
	c := config.Default("", "").Cost
	c.Replicas.Max = 2
	e, err := model(t, c).Explain(flask)
	if err != nil {
		t.Fatal(err)
	}
	slopes := map[record.MetricID]record.CostSlope{}
	for _, s := range e.Sensitivity {
		slopes[s.Input] = s
		if !(s.To > s.From) || !finite(s.Amount) || s.Per <= 0 {
			t.Errorf("%+v", s)
		}
	}
	if s := slopes[record.ImageCompressed]; math.Abs(s.Amount-(0.0001+60*2*0.000045)) > 1e-9 || s.Per != 1e6 {
		t.Errorf("image: %+v", s)
	}
	// Two replicas of m7i.large at $0.004406 a GiB and hour, with 15 % on top.
	perGiB := 0.1008 / (2*0.031611/0.004237 + 8)
	if s := slopes[record.MemoryPeak]; math.Abs(s.Amount-2*730*perGiB*1.15/1024) > 2e-5 {
		t.Errorf("memory: %+v, want about %v", s, 2*730*perGiB*1.15/1024)
	}
	if s := slopes[record.StartupReady]; s.Amount != 0 {
		t.Errorf("startup is not billed here: %+v", s)
	}
}

// Inside a step of Fargate more memory costs nothing, and at its edge all of it;
// the slope is neither: about 730 x 0.004445 / 1024 a MiB with its margin.
func TestSensitivityAcrossSteps(t *testing.T) {
	for _, peak := range []record.Bytes{50, 171, 445, 446, 900} {
		e, err := model(t, one("fargate")).Explain(Inputs{MemoryPeak: peak * mib, CPURequest: 1e-6})
		if err != nil {
			t.Fatal(err)
		}
		s := e.Sensitivity[0]
		if mean := 730 * 0.004445 * 1.15 / 1024; s.Input != record.MemoryPeak || s.Amount < mean/2 || s.Amount > 4*mean {
			t.Errorf("%d MiB: %+v, the mean is %v", peak, s, mean)
		}
	}
}

func TestNoSlopeIsNegative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, _, e := explained(t)
		for _, s := range e.Sensitivity {
			if !finite(s.Amount, s.From, s.To) || s.To <= s.From && s.Amount != 0 {
				t.Fatalf("%+v", s)
			}
		}
	})
}
