package report

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestValue(t *testing.T) {
	for _, c := range []struct {
		id   record.MetricID
		v    float64
		want string
	}{
		{record.ImageCompressed, 0, "0 B"},
		{record.ImageCompressed, 512, "512 B"},
		{record.ImageCompressed, 999.6, "1 kB"},
		{record.ImageCompressed, 41_234_567, "41.2 MB"},
		{record.ImageCompressed, 40_000_000, "40 MB"},
		{record.ImageCompressed, 999_600_000, "1 GB"},
		{record.ImageCompressed, 1.5e15, "1,500 TB"},
		{record.MemoryPeak, 200 << 20, "200 MiB"},
		{record.MemoryPeak, 1023.6 * (1 << 20), "1 GiB"},
		{record.MemoryPeak, 1 << 30, "1 GiB"},
		{record.StartupReady, 0.0042, "4.2 ms"},
		{record.StartupReady, 0.00015, "150 µs"},
		{record.StartupReady, 1.336, "1.34 s"},
		{record.StartupReady, 0.9999, "1 s"},
		{record.StartupReady, 61.5, "61.5 s"},
		{record.StartupReady, 0, "0 s"},
		{record.CPURequest, 0.00213, "2.13 CPU ms"},
		{record.RunCPU, 3.5, "3.5 CPU s"},
		{record.CPUIdle, 0.0123, "12.3 mCPU"},
		{record.CPUIdle, 1.2, "1,200 mCPU"},
		{record.LoadErrors, 0.0035, "0.35 %"},
		{record.LoadRate, 149.93, "150/s"},
		{record.ImageFiles, 12345, "12,345"},
		{record.ImageLayers, 7.5, "7.5"},
		{record.CostMonth, 86.4, "$86.40"},
		{record.CostMonth, 86, "$86"},
		{record.CostMonth, 99.999, "$100"},
		{record.CostMonth, 412.4, "$412"},
		{record.CostMonth, 12345.6, "$12,346"},
		{record.CostMonth, 0.0042, "under $0.01"},
		{record.CostMonth, 0.0054, "$0.01"},
		{record.CostMonth, -3.6, "-$3.60"},
		{record.CostMonth, 0, "$0"},
		{record.CostMonth, math.Inf(1), "?"},
		{record.StartupReady, math.NaN(), "?"},
		{record.StartupReady, 1e308, "1e+308 s"},
	} {
		m, _ := record.Lookup(c.id)
		if got := Value(c.id, m.Unit, c.v); got != c.want {
			t.Errorf("Value(%s, %v) = %q, want %q", c.id, c.v, got, c.want)
		}
	}
}

func TestDifference(t *testing.T) {
	for _, c := range []struct {
		id   record.MetricID
		v    float64
		want string
	}{
		{record.ImageCompressed, 38_100_000, "+38.1 MB"},
		{record.ImageCompressed, -38_100_000, "-38.1 MB"},
		{record.ImageCompressed, 0, "0 B"},
		{record.StartupReady, 0.058, "+58 ms"},
		{record.CostMonth, -1.5, "-$1.50"},
		{record.CostMonth, 0.001, "under $0.01"},
		{record.CostMonth, -0.001, "under $0.01"},
		{record.CostMonth, -1e-12, "$0"},
		{record.CPUIdle, -1e-12, "0 mCPU"},
	} {
		m, _ := record.Lookup(c.id)
		if got := difference(c.id, m.Unit, c.v); got != c.want {
			t.Errorf("difference(%s, %v) = %q, want %q", c.id, c.v, got, c.want)
		}
	}
}

func TestChangeAndPoints(t *testing.T) {
	for ratio, want := range map[float64]string{
		1.123: "+12.3 %", 0.877: "-12.3 %", 1: "0 %", 1.2: "+20 %", 0.0174: "-98.3 %", 50: "+4,900 %",
		1.00025: "+0.02 %", 0.99975: "-0.02 %", 1 - 1e-9: "0 %", 1.0 / 6705: "-99.98 %", 0: "-100 %", math.Inf(1): "?", math.MaxFloat64: "?",
	} {
		if got := change(ratio); got != want {
			t.Errorf("change(%v) = %q, want %q", ratio, got, want)
		}
	}
	for p, want := range map[float64]string{10.2: "+10.2", -0.04: "0.0", 0.04: "0.0", -3: "-3.0", 99.96: "+100", -99.97: "-100", 1234: "+1,234"} {
		if got := points(p); got != want {
			t.Errorf("points(%v) = %q, want %q", p, got, want)
		}
	}
}

func TestInterval(t *testing.T) {
	for _, c := range []struct{ low, high, want string }{
		{"+10.2", "+13.1", "[+10.2, +13.1]"},
		{"-192 mCPU", "-23.9 mCPU", "[-192, -23.9] mCPU"},
		{"-900 B", "+1.2 kB", "[-900 B, +1.2 kB]"},
		{"+2 CPU ms", "+3 CPU ms", "[+2, +3] CPU ms"},
		{"+$61", "+$104", "[+$61, +$104]"},
		{"under $0.01", "under $0.01", "[under $0.01, under $0.01]"},
	} {
		if got := interval(c.low, c.high); got != c.want {
			t.Errorf("interval(%q, %q) = %q, want %q", c.low, c.high, got, c.want)
		}
	}
}

// Whatever the number, a reader never sees a negative zero, NaN or infinity.
func TestNumbersAreNeverOdd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(record.Catalog).Draw(t, "metric")
		v := rapid.Float64().Draw(t, "value")
		for _, s := range []string{Value(m.ID, m.Unit, v), difference(m.ID, m.Unit, v), change(v), points(v), money("$", v), round("$", v), share(v), level(v), exact(v)} {
			if strings.Contains(s, "NaN") || strings.Contains(s, "Inf") || s == "" {
				t.Fatalf("%v prints as %q", v, s)
			}
			digits := strings.Trim(s, "-+$ 0.")
			if strings.HasPrefix(s, "-") && !strings.ContainsAny(digits, "123456789") {
				t.Fatalf("%v prints as %q, a negative zero", v, s)
			}
		}
	})
}
