package config

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// notation is how values of one kind are written.
type notation[T any] struct {
	want  string // what errors say was expected
	parse func(string) (T, error)
}

// read parses a value; its error says what was expected, what was found, and
// where that is known, what to write.
func (k notation[T]) read(s string) (T, error) {
	v, err := k.parse(strings.TrimSpace(s))
	if err == nil {
		return v, nil
	}
	var unit unitError
	if other := kindOf(s); other != "" && errors.As(err, &unit) {
		return v, fmt.Errorf("expected %s, found the %s %s", k.want, other, shown(s))
	}
	return v, fmt.Errorf("expected %s, found %s: %w", k.want, shown(s), err)
}

// check adds a condition to a notation.
func (k notation[T]) check(condition func(T) error) notation[T] {
	parse := k.parse
	k.parse = func(s string) (T, error) {
		v, err := parse(s)
		if err == nil {
			err = condition(v)
		}
		return v, err
	}
	return k
}

var (
	errNumber   = errors.New("not a number")
	errNegative = errors.New("must not be negative")
	errZero     = errors.New("must be more than zero")
	errRange    = errors.New("out of range")
	errComma    = errors.New("a number has no comma here, only a decimal point")
)

// unitError is a unit that the notation does not have.
type unitError string

func (u unitError) Error() string { return fmt.Sprintf("no unit %s here", shown(string(u))) }

// The notations of the configuration. Numbers are plain decimals; no notation
// takes a comma, since "1,5" and "1,500" read differently to different people.
var (
	sizes     = notation[record.Bytes]{"a size such as 40MB or 256Mi", parseBytes}
	durations = notation[time.Duration]{"a time such as 20ms, 2s or 1m30s", parseDuration}
	seconds   = notation[record.Seconds]{durations.want, parseSeconds}
	percents  = notation[float64]{"a percentage such as 15%", parsePercent}
	money     = notation[float64]{"an amount such as 5USD", parseMoney}
	rates     = notation[float64]{"a rate such as 120/s, 50/m, 900/h or 24/d", parseRate}
	cpus      = notation[float64]{"a number of CPUs such as 1, 0.25 or 500m", parseCPUs}
	numbers   = notation[float64]{"a number", parsePlain}
	integers  = notation[int]{"a whole number", parseInt}
)

var plainNumber = regexp.MustCompile(`^([+-]?)([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*(.*)$`)

// split separates a number from its unit. The number comes back both parsed
// and as it was written.
func split(s string) (number float64, digits, unit string, err error) {
	m := plainNumber.FindStringSubmatch(s)
	if m == nil {
		return 0, "", "", errNumber
	}
	number, err = strconv.ParseFloat(m[2], 64)
	switch {
	case err != nil || math.IsInf(number, 0):
		return 0, "", "", errRange
	case m[1] == "-" && number != 0:
		return 0, "", "", errNegative
	case strings.HasPrefix(m[3], ","):
		return 0, "", "", errComma
	}
	return number, m[2], m[3], nil
}

// byteUnits are the units humanize.ParseBytes reads, spelt as they are
// standardised. "m" and "mb" are left out on purpose: to Kubernetes "128m" is
// an eighth of a byte.
var byteUnits = map[string]bool{
	"": true, "B": true,
	"k": true, "kB": true, "KB": true, "K": true, "Ki": true, "KiB": true,
	"M": true, "MB": true, "Mi": true, "MiB": true,
	"G": true, "GB": true, "Gi": true, "GiB": true,
	"T": true, "TB": true, "Ti": true, "TiB": true,
}

func parseBytes(s string) (record.Bytes, error) {
	_, digits, unit, err := split(s)
	if err != nil {
		return 0, err
	}
	if !byteUnits[unit] {
		return 0, unknownUnit(unit, slices.Sorted(maps.Keys(byteUnits)))
	}
	n, err := humanize.ParseBytes(digits + unit)
	if err != nil || n > math.MaxInt64 {
		return 0, errRange
	}
	if unit == "" && strings.Contains(digits, ".") {
		return 0, errors.New("not a whole number of bytes")
	}
	return record.Bytes(n), nil
}

// unknownUnit suggests the unit that was meant where that is plain; otherwise
// the value may be of another kind, which read then says.
func unknownUnit(unit string, known []string) error {
	for _, k := range known {
		if strings.EqualFold(k, unit) || len(unit) > 2 && edits(unit, k) == 1 {
			return fmt.Errorf("no unit %q; did you mean %q?", unit, k)
		}
	}
	return unitError(unit)
}

func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err == nil && d < 0 {
		return 0, errNegative
	}
	if err == nil {
		return d, nil
	}
	_, digits, unit, splitErr := split(s)
	switch {
	case splitErr != nil:
		return 0, splitErr
	case unit == "":
		return 0, fmt.Errorf("the unit is missing; did you mean %q?", digits+"s")
	}
	if _, err := time.ParseDuration("1" + unit); err != nil {
		return 0, unitError(unit)
	}
	if strings.ContainsAny(s, " \t") {
		return 0, fmt.Errorf("did you mean %q?", digits+unit)
	}
	return 0, errRange
}

func parseSeconds(s string) (record.Seconds, error) {
	d, err := parseDuration(s)
	return record.SecondsOf(d), err
}

func parsePercent(s string) (float64, error) {
	v, err := suffixed(s, "%")
	if number, _, unit, e := split(s); e == nil && unit == "" && number > 0 && number < 1 {
		return 0, fmt.Errorf("the unit is missing; did you mean \"%.4g%%\"?", number*100)
	}
	return v / 100, err
}

func parseMoney(s string) (float64, error) {
	if currency.MatchString(s) && !strings.HasSuffix(s, "USD") {
		return 0, errors.New("prices are in USD")
	}
	return suffixed(s, "USD")
}

func parsePlain(s string) (float64, error) { return suffixed(s, "") }

// suffixed reads a number with exactly one unit. Zero needs none.
func suffixed(s, suffix string) (float64, error) {
	number, _, unit, err := split(s)
	switch {
	case err != nil:
		return 0, err
	case unit == suffix || number == 0 && unit == "":
		return number, nil
	case unit == "":
		return 0, fmt.Errorf("the unit is missing; did you mean %q?", s+suffix)
	case strings.EqualFold(unit, suffix):
		return 0, fmt.Errorf("no unit %q; did you mean %q?", unit, suffix)
	}
	return 0, unitError(unit)
}

// perSecond is what each unit of a rate is worth.
var perSecond = map[string]float64{"/s": 1, "/m": 1.0 / 60, "/h": 1.0 / 3600, "/d": 1.0 / 86400}

func parseRate(s string) (float64, error) {
	number, _, unit, err := split(s)
	if err != nil {
		return 0, err
	}
	if unit == "" {
		return 0, fmt.Errorf("the unit is missing; did you mean %q?", s+"/s")
	}
	scale, ok := perSecond[unit]
	if !ok {
		return 0, unitError(unit)
	}
	return number * scale, nil
}

func parseCPUs(s string) (float64, error) {
	number, _, unit, err := split(s)
	switch {
	case err != nil:
		return 0, err
	case unit == "m":
		return number / 1000, nil
	case unit != "":
		return 0, unitError(unit)
	}
	return number, nil
}

func parseInt(s string) (int, error) {
	number, digits, unit, err := split(s)
	switch {
	case err != nil:
		return 0, err
	case unit != "":
		return 0, unitError(unit)
	case number > math.MaxInt32:
		return 0, errRange
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0, errors.New("not a whole number")
	}
	return n, nil
}

// kinds are the notations that can be told apart by their unit.
var kinds = []struct {
	name string
	is   func(string) bool
}{
	{"time", func(s string) bool { _, err := time.ParseDuration(s); return err == nil && s != "0" }},
	{"percentage", func(s string) bool { _, _, unit, err := split(s); return err == nil && unit == "%" }},
	{"rate", func(s string) bool { _, err := parseRate(s); return err == nil }},
	{"amount of money", func(s string) bool { return currency.MatchString(s) }},
	{"size", func(s string) bool { _, _, unit, err := split(s); return err == nil && unit != "" && byteUnits[unit] }},
}

// currency is an amount in the USD of the price book or in another currency.
var currency = regexp.MustCompile(`^(?:[0-9.]+\s*(?:USD|EUR|GBP|JPY|CHF)|[$€£¥].*)$`)

// kindOf names the kind of value that text is, "" when it is none.
func kindOf(s string) string {
	for _, k := range kinds {
		if k.is(strings.TrimSpace(s)) {
			return k.name
		}
	}
	return ""
}

// positive, atMost and atLeast are conditions for notation.check.
func positive[T int | float64 | record.Seconds | record.Bytes | time.Duration](v T) error {
	if v <= 0 {
		return errZero
	}
	return nil
}

func atMost[T int | float64 | record.Seconds | record.Bytes | time.Duration](limit T, says string) func(T) error {
	return func(v T) error {
		if v > limit {
			return fmt.Errorf("must be at most %s", says)
		}
		return nil
	}
}

func atLeast[T int | float64 | record.Seconds | record.Bytes | time.Duration](limit T, says string) func(T) error {
	return func(v T) error {
		if v < limit {
			return fmt.Errorf("must be at least %s", says)
		}
		return nil
	}
}
