package compare

import (
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestWords(t *testing.T) {
	for _, c := range []struct {
		id            record.MetricID
		v             float64
		value, amount string
	}{
		{record.StartupReady, 0, "0 µs", "+0 µs"},
		{record.StartupReady, 0.02, "20 ms", "+20 ms"},
		{record.StartupReady, -1.5, "-1.5 s", "-1.5 s"},
		{record.StartupCPU, 0.0031, "3.1 CPU ms", "+3.1 CPU ms"},
		{record.MemoryPeak, 2 << 20, "2 MiB", "+2 MiB"},
		{record.MemoryPeak, 5000 << 30, "5000 GiB", "+5000 GiB"},
		{record.ImageSize, 500_000, "500 kB", "+500 kB"},
		{record.CPUIdle, 0.0123, "12.3 mCPU", "+12.3 mCPU"},
		{record.LoadErrors, 0.005, "0.5 %", "+0.5 percentage points"},
		{record.LoadErrors, 0.01, "1 %", "+1 percentage point"},
		{record.LoadRate, -123.4, "-123/s", "-123/s"},
		{record.ImageLayers, 3, "3", "+3"},
		{record.CostMonth, 86.4, "$86.4", "+$86.4"},
		{record.CostMonth, -86.4, "-$86.4", "-$86.4"},
	} {
		m, _ := record.Lookup(c.id)
		if value, amount := value(m, c.v), amount(m, c.v); value != c.value || amount != c.amount {
			t.Errorf("%s %v: %q and %q, want %q and %q", c.id, c.v, value, amount, c.value, c.amount)
		}
	}
}
