package config

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func accepts[T comparable](t *testing.T, as notation[T], want map[string]T) {
	t.Helper()
	for s, v := range want {
		if got, err := as.read(s); err != nil || got != v {
			t.Errorf("%q = %v, %v, want %v", s, got, err, v)
		}
	}
}

func refuses[T any](t *testing.T, as notation[T], want map[string]string) {
	t.Helper()
	for s, part := range want {
		if got, err := as.read(s); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q = %v, %v, want an error with %q", s, got, err, part)
		}
	}
}

func TestSizes(t *testing.T) {
	accepts(t, sizes, map[string]record.Bytes{
		"40MB": 40_000_000, "40 MB": 40_000_000, "256Mi": 268_435_456, "256M": 256_000_000, "2MiB": 2_097_152,
		"1.5GB": 1_500_000_000, "0.5Ki": 512, "0": 0, "123": 123, "500KB": 500_000, "500kB": 500_000, "1TiB": 1 << 40,
		"9007199254740993": 9007199254740993, // 2^53+1, which a float64 cannot hold
	})
	refuses(t, sizes, map[string]string{
		"": "not a number", "MB": "not a number", "128mb": `did you mean "MB"?`, "128m": `did you mean "M"?`,
		"40 MBB": `no unit "MBB"; did you mean "MB"?`, "5%": "found the percentage", "20ms": "found the time", "1e400": "out of range",
		"1e3": "out of range", "99999999999TB": "out of range", "1,5MB": "no comma", "-1": "must not be negative", "0.5": "whole number of bytes",
		"NaN": "not a number", "0x10": `no unit "x10"`, "٣MB": "not a number", "10/s": "found the rate", "5USD": "found the amount of money",
	})
}

func TestTimes(t *testing.T) {
	accepts(t, durations, map[string]time.Duration{"20ms": 20 * time.Millisecond, "2s": 2 * time.Second, "1m30s": 90 * time.Second, "0": 0, "1.5h": 90 * time.Minute})
	refuses(t, durations, map[string]string{"2": `did you mean "2s"?`, "15 s": `did you mean "15s"?`, "5min": `no unit "min"`, "-2s": "negative", "1e400s": "out of range", "9999999999h": "out of range", "soon": "not a number"})
}

func TestOtherNotations(t *testing.T) {
	accepts(t, percents, map[string]float64{"5%": 0.05, "0%": 0, "0": 0, "150 %": 1.5, "12.5%": 0.125})
	refuses(t, percents, map[string]string{"0.15": `did you mean "15%"?`, "5": `did you mean "5%"?`, "-1%": "negative", "15 percent": `no unit "percent"`, "nan%": "not a number", "inf%": "not a number", "2s": "found the time"})
	accepts(t, money, map[string]float64{"5USD": 5, "0.5 USD": 0.5, "0": 0})
	refuses(t, money, map[string]string{"5": `did you mean "5USD"?`, "5usd": `did you mean "USD"?`, "$5": "prices are in USD", "5 EUR": "prices are in USD", "1,000USD": "no comma"})
	accepts(t, rates, map[string]float64{"120/s": 120, "60/m": 1, "3600/h": 1, "0.5 /s": 0.5})
	refuses(t, rates, map[string]string{"120": `did you mean "120/s"?`, "5/w": `no unit "/w"`, "-5/s": "negative"})
	accepts(t, cpus, map[string]float64{"1": 1, "500m": 0.5, "0.25": 0.25})
	refuses(t, cpus, map[string]string{"1GB": "found the size", "1e400": "out of range", "two": "not a number"})
	accepts(t, integers, map[string]int{"0": 0, "12": 12})
	refuses(t, integers, map[string]string{"2.5": "not a whole number", "1e3": "not a whole number", "99999999999": "out of range", "5x": `no unit "x"`})
}

// No text, however odd, becomes a number that is negative, infinite or NaN.
func TestNotationsNeverGiveNonsense(t *testing.T) {
	piece := rapid.SampledFrom([]string{"-", "+", ".", "e", "1", "999", "0", " ", "%", "/s", "m", "Mi", "MB", "USD", "NaN", "Inf", "ms", "h", ",", "٣", "$"})
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces"), "")
		for unit, as := range amounts {
			v, err := as.read(s)
			if err == nil && (v < 0 || math.IsNaN(v) || math.IsInf(v, 0)) {
				t.Fatalf("%q as %s is %v", s, unit, v)
			}
		}
	})
}

// Each unit of the catalog has a way to be written in a budget.
func TestEveryUnitHasANotation(t *testing.T) {
	for _, m := range record.Catalog {
		if amounts[m.Unit].parse == nil {
			t.Errorf("no notation for %q of %s", m.Unit, m.ID)
		}
	}
}

func TestWords(t *testing.T) {
	for line, want := range map[string][]string{
		`a b  c`:             {"a", "b", "c"},
		`sh -c 'a && b'`:     {"sh", "-c", "a && b"},
		`x "a \"b\" c" d\ e`: {"x", `a "b" c`, "d e"},
		`'it'"'"'s' ""`:      {"it's", ""},
		`echo $HOME *`:       {"echo", "$HOME", "*"},
		"a\tb\nc":            {"a", "b", "c"},
		`'a\b'`:              {`a\b`},
	} {
		got, err := words(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", line, d)
		}
	}
	for line, part := range map[string]string{"": "empty", "  ": "empty", "a | b": "needs a shell", "a;b": "needs a shell", "a > b": "needs a shell", `a "b`: "left open", `a \`: "left open"} {
		if _, err := words(line); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %v, want %q", line, err, part)
		}
	}
}

func TestEdits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "abc", 0}, {"", "abc", 3}, {"memroy", "memory", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3}, {"imaeg", "image", 1}} {
		if got := edits(c.a, c.b); got != c.want {
			t.Errorf("edits(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
		if got := edits(c.b, c.a); got != c.want {
			t.Errorf("edits(%q, %q) = %d, want %d", c.b, c.a, got, c.want)
		}
	}
}
