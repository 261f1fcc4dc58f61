package compare

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// unitScale is one of the units a metric is told in, and its size in base units.
type unitScale struct {
	size float64
	name string
}

// unitScales are the units that values are told in, from large to small. Memory is
// told in powers of 1024, as its limits are written, and image bytes in powers of
// 1000, as registries count them.
func unitScales(m record.Metric) []unitScale {
	switch {
	case m.Unit == record.UnitBytes && strings.HasPrefix(string(m.ID), "memory."):
		return []unitScale{{1 << 30, " GiB"}, {1 << 20, " MiB"}, {1 << 10, " KiB"}, {1, " B"}}
	case m.Unit == record.UnitBytes:
		return []unitScale{{1e9, " GB"}, {1e6, " MB"}, {1e3, " kB"}, {1, " B"}}
	case m.Unit == record.UnitSeconds:
		return []unitScale{{1, " s"}, {1e-3, " ms"}, {1e-6, " µs"}}
	case m.Unit == record.UnitCPUSeconds:
		return []unitScale{{1, " CPU s"}, {1e-3, " CPU ms"}, {1e-6, " CPU µs"}}
	case m.Unit == record.UnitCores:
		return []unitScale{{1e-3, " mCPU"}}
	case m.Unit == record.UnitRatio:
		return []unitScale{{1e-2, " %"}}
	case m.Unit == record.UnitPerSecond:
		return []unitScale{{1, "/s"}}
	}
	return []unitScale{{1, ""}}
}

// value tells an amount in the unit of a metric: 20 ms, 256 MiB, $86.
func value(m record.Metric, v float64) string {
	if m.Unit == record.UnitUSD {
		return strings.Replace("$"+digits(v), "$-", "-$", 1)
	}
	scales := unitScales(m)
	for _, s := range scales {
		if math.Abs(v) >= s.size {
			return digits(v/s.size) + s.name
		}
	}
	last := scales[len(scales)-1]
	return digits(v/last.size) + last.name
}

// amount tells a difference in the unit of a metric, with its sign. Differences of
// ratios are points: "+1 %" would read as a hundredth of the ratio.
func amount(m record.Metric, v float64) string {
	text := value(m, v)
	if m.Unit == record.UnitRatio {
		number := strings.TrimSuffix(text, "%")
		text = number + "percentage points"
		if number == "1 " {
			text = "1 percentage point"
		}
	}
	if v < 0 {
		return text
	}
	return "+" + text
}

// digits is x with three significant digits before any exponent is needed.
func digits(x float64) string {
	if math.Abs(x) >= 100 && math.Abs(x) < 1e15 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

func percent(ratio float64) string { return fmt.Sprintf("%+.1f %%", 100*ratio) }

// over is which side of a bound is the bad one.
func over(m record.Metric) string {
	if m.Direction == record.Higher {
		return "below"
	}
	return "over"
}

// growthBudget words the growth that b allows: "+15 %", "+15 % or +20 ms". More is
// better for some metrics, and what is allowed of those is a fall.
func growthBudget(m record.Metric, b record.Budget) string {
	sign := 1.0
	if m.Direction == record.Higher {
		sign = -1
	}
	var parts []string
	if ratio := grow(b); ratio > 0 || b.Floor == 0 {
		text := digits(100*sign*ratio) + " %"
		if sign > 0 {
			text = "+" + text
		}
		parts = append(parts, text)
	}
	if b.Floor > 0 {
		parts = append(parts, amount(m, sign*b.Floor))
	}
	return strings.Join(parts, " or ")
}

// budgetHere words the budget of a sample, and what it comes to at the median of
// base where it is not given in the terms of the change.
func (s sample) budgetHere(b record.Budget) string {
	text, base := growthBudget(s.metric, b), stat.Median(s.base)
	switch {
	case s.ratio && b.Floor > grow(b)*base:
		return fmt.Sprintf("%s (here %s)", text, percent(s.sign()*share(b, base)))
	case !s.ratio && grow(b)*base > b.Floor:
		return fmt.Sprintf("%s (here %s)", text, amount(s.metric, s.sign()*allowed(b, base)))
	}
	return text
}

// changeWords words the change of a row with its interval: "+11.8 % [+10.2, +13.1]".
// It is "" where there are too few pairs for an interval.
func changeWords(row record.Change, m record.Metric) string {
	switch {
	case row.Ratio != nil:
		r := row.Ratio
		return fmt.Sprintf("%s [%+.1f, %+.1f]", percent(r.Ratio-1), 100*(r.Low-1), 100*(r.High-1))
	case row.Shift != nil:
		return bracketed(amount(m, row.Shift.Difference), amount(m, row.Shift.Low), amount(m, row.Shift.High))
	}
	return ""
}

// bracketed puts an interval behind its middle, with the unit once where all three
// have the same: "300 ms [294, 306]".
func bracketed(middle, low, high string) string {
	_, unit, _ := strings.Cut(middle, " ")
	short, lowUnit, _ := strings.Cut(low, " ")
	shorter, highUnit, _ := strings.Cut(high, " ")
	if lowUnit == unit && highUnit == unit {
		low, high = short, shorter
	}
	return fmt.Sprintf("%s [%s, %s]", middle, low, high)
}
