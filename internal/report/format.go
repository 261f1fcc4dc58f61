package report

import (
	"math"
	"strconv"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// undefined stands where a number should be and none could be had.
const undefined = "?"

// scale is a unit family: the steps from small to large, and how zero reads.
type scale struct {
	zero  string
	steps []step
}

type step struct {
	size float64
	unit string
}

// Image bytes are printed in powers of 1000, as registries bill and print them.
var decimalBytes = scale{"0 B", []step{{1, "B"}, {1e3, "kB"}, {1e6, "MB"}, {1e9, "GB"}, {1e12, "TB"}}}

// Memory is printed in powers of 1024, as limits are written (256Mi).
var binaryBytes = scale{"0 B", []step{{1, "B"}, {1 << 10, "KiB"}, {1 << 20, "MiB"}, {1 << 30, "GiB"}, {1 << 40, "TiB"}}}

var seconds = scale{"0 s", []step{{1e-6, "µs"}, {1e-3, "ms"}, {1, "s"}}}

var cpuSeconds = scale{"0 CPU s", []step{{1e-6, "CPU µs"}, {1e-3, "CPU ms"}, {1, "CPU s"}}}

// Value prints v, given in the base unit of metric id, for a reader: 41.2 MB
// for images, 182 MiB for memory, 4.2 ms, 3.1 CPU ms, 12 mCPU, 0.5 %, $86.40.
// A value that is not finite prints as "?".
func Value(id record.MetricID, unit record.Unit, v float64) string {
	if !finite(v) {
		return undefined
	}
	switch unit {
	case record.UnitBytes:
		return bytesScale(id).print(v)
	case record.UnitSeconds:
		return seconds.print(v)
	case record.UnitCPUSeconds:
		return cpuSeconds.print(v)
	case record.UnitCores:
		return three(v*1000) + " mCPU"
	case record.UnitRatio:
		return three(v*100) + " %"
	case record.UnitPerSecond:
		return three(v) + "/s"
	case record.UnitCount:
		return count(v)
	case record.UnitUSD:
		return money("$", v)
	}
	return strings.TrimSpace(three(v) + " " + identifier(string(unit), 16))
}

// bytesScale chooses between limits (memory) and transfers (images).
func bytesScale(id record.MetricID) scale {
	if strings.HasPrefix(string(id), "memory.") {
		return binaryBytes
	}
	return decimalBytes
}

// difference prints v with its sign, as in "+38.1 MB"; nothing is "0 B".
func difference(id record.MetricID, unit record.Unit, v float64) string {
	return plus(v, Value(id, unit, v))
}

// plus puts a plus sign before s when the value behind it is a growth that
// survived the rounding.
func plus(v float64, s string) string {
	if v > 0 && finite(v) && !strings.HasPrefix(s, tiny) && strings.ContainsAny(s, "123456789") {
		return "+" + s
	}
	return s
}

// print chooses the largest step that leaves at least 1, after rounding.
func (s scale) print(v float64) string {
	if v == 0 {
		return s.zero
	}
	i := len(s.steps) - 1
	for i > 0 && math.Abs(v) < s.steps[i].size {
		i--
	}
	if i+1 < len(s.steps) && roundThree(math.Abs(v)/s.steps[i].size)*s.steps[i].size >= s.steps[i+1].size {
		i++
	}
	return three(v/s.steps[i].size) + " " + s.steps[i].unit
}

// three prints v with three significant digits, without exponent up to 10^15
// and without a tail of zeros: 41.2, 1.34, 412, 1,230,000.
func three(v float64) string {
	switch abs := math.Abs(v); {
	case !finite(v):
		return undefined
	case abs < 1e-6:
		return "0"
	case abs >= 1e15:
		return strconv.FormatFloat(v, 'g', 3, 64)
	default:
		return fixed(roundThree(v), decimals(abs))
	}
}

// decimals is how many places after the point three digits of abs need.
func decimals(abs float64) int {
	return max(0, 2-int(math.Floor(math.Log10(abs))))
}

// roundThree rounds numbers below 1000 to three significant digits.
func roundThree(v float64) float64 {
	if v == 0 || math.Abs(v) >= 1000 {
		return math.Round(v)
	}
	unit := math.Pow10(decimals(math.Abs(v)))
	return math.Round(v*unit) / unit
}

// fixed prints v with at most places decimals, thousands grouped, and never
// as "-0".
func fixed(v float64, places int) string {
	s := strconv.FormatFloat(v, 'f', places, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return group(s)
}

// group puts a comma between thousands: 1234567.5 is 1,234,567.5.
func group(s string) string {
	digits, rest, hasRest := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if hasRest {
		return sign + digits + "." + rest
	}
	return sign + digits
}

// count prints a whole number; medians of counts may carry a half.
func count(v float64) string {
	if math.Abs(v) >= 1e15 || !finite(v) {
		return three(v)
	}
	return fixed(v, 1)
}

// tiny leads an amount that is not zero, but less than half a cent.
const tiny = "under "

// money prints an amount a month: cents below 100, whole units above.
func money(symbol string, v float64) string {
	sign, abs := "", math.Abs(v)
	if v < 0 {
		sign = "-"
	}
	switch {
	case !finite(v):
		return undefined
	case abs < 1e-9:
		return symbol + "0"
	case abs < 0.005:
		return tiny + symbol + "0.01"
	case abs < 99.995:
		return sign + symbol + strings.TrimSuffix(strconv.FormatFloat(abs, 'f', 2, 64), ".00")
	case abs >= 1e15:
		return sign + symbol + three(abs)
	}
	return sign + symbol + fixed(abs, 0)
}

// round is money for a sentence: whole units from ten up.
func round(symbol string, v float64) string {
	if math.Abs(v) >= 10 && math.Abs(v) < 100 {
		v = math.Round(v)
	}
	return money(symbol, v)
}

// symbol is what stands before an amount of the currency: "$", "EUR ".
func symbol(currency string) string {
	if currency == "" || currency == "USD" {
		return "$"
	}
	if len(currency) == 3 && identifier(currency, 3) == currency {
		return currency + " "
	}
	return "¤"
}

// change prints head over base as a change: 1.123 is "+12.3 %". What is not
// nothing does not read as nothing, nor what is not all as all: +0.02 %,
// -99.99 %.
func change(ratio float64) string {
	p := (ratio - 1) * 100
	if !finite(p) {
		return undefined
	}
	if math.Abs(p) < 0.05 || -100 < p && p <= -99.95 {
		hundredths := math.Trunc(p*100) / 100
		return plus(p, fixed(hundredths, 2)) + " %"
	}
	return strings.TrimSuffix(points(p), ".0") + " %"
}

// points prints percentage points with their sign and one decimal below 100:
// the ends of an interval.
func points(p float64) string {
	if !finite(p) {
		return undefined
	}
	if math.Abs(p) >= 99.95 {
		return plus(p, three(math.Round(p)))
	}
	s := strconv.FormatFloat(p, 'f', 1, 64)
	return plus(p, strings.Replace(s, "-0.0", "0.0", 1))
}

// whole is a change for a sentence: without decimals from ten up.
func whole(ratio float64) string {
	if p := (ratio - 1) * 100; math.Abs(p) >= 10 {
		ratio = 1 + math.Round(p)/100
	}
	return change(ratio)
}

// tenths prints a share that describes noise, where one decimal says it all.
func tenths(ratio float64) string {
	if !finite(ratio * 100) {
		return undefined
	}
	return fixed(ratio*100, 1) + " %"
}

// interval prints two ends with their unit once: "[-192, -23.9] mCPU". Money
// carries its unit in front.
func interval(low, high string) string {
	a, unitA, _ := strings.Cut(low, " ")
	b, unitB, _ := strings.Cut(high, " ")
	if unitA == unitB && unitA != "" && a+" " != tiny {
		return "[" + a + ", " + b + "] " + unitA
	}
	return "[" + low + ", " + high + "]"
}

// share prints a ratio between 0 and 1, or a budget's growth: 0.15 is "15 %".
func share(ratio float64) string { return Value("", record.UnitRatio, ratio) }

// level prints a confidence level: 0.98 is "98 %".
func level(l float64) string {
	if !finite(l*100) || l <= 0 {
		return undefined
	}
	return fixed(l*100, 1) + " %"
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// exact prints a price with all its digits.
func exact(v float64) string {
	if v == 0 || !finite(v) || math.Abs(v) >= 1e15 {
		return three(v)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
