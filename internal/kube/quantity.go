package kube

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Amount is a quantity of CPU or memory, and where it stands. The zero Amount
// is not declared.
type Amount struct {
	quantity
	At Place
}

// quantity is an exact amount to the billionth, which is as fine as Kubernetes
// keeps it. Note: resource.Quantity of k8s.io/apimachinery does the same and
// brings a codec for CBOR and arbitrary decimals with it; the tests hold this
// against it.
type quantity struct {
	whole int64
	nanos int64 // from 0 to 999,999,999
	text  string
}

// String is the quantity as it was written.
func (q quantity) String() string { return q.text }

// cmp is negative, zero or positive as q is less than, equal to or above other.
func (q quantity) cmp(other quantity) int {
	return cmp.Or(cmp.Compare(q.whole, other.whole), cmp.Compare(q.nanos, other.nanos))
}

// zero reports whether q is nothing.
func (q quantity) zero() bool { return q.whole == 0 && q.nanos == 0 }

// value is q in whole units, rounded up.
func (q quantity) value() int64 { return q.whole + min(q.nanos, 1) }

// milli is q in thousandths, rounded up.
func (q quantity) milli() int64 { return q.whole*1000 + (q.nanos+999_999)/1_000_000 }

// Place is a position in a file; both count from 1. The zero Place is none.
type Place struct {
	File         string
	Line, Column int
}

// String is the position as editors take it.
func (p Place) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// Declared reports whether the manifest has the amount. A request of zero is
// none.
func (a Amount) Declared() bool { return !a.zero() }

// Cores is an amount of CPU.
func (a Amount) Cores() float64 { return float64(a.milli()) / 1000 }

// Bytes is an amount of memory, a part of a byte rounded up.
func (a Amount) Bytes() record.Bytes { return record.Bytes(a.value()) }

// Resources are what a container asks for, or may use.
type Resources struct{ CPU, Memory Amount }

func (r Resources) limits() record.Limits {
	return record.Limits{CPUs: r.CPU.Cores(), Memory: r.Memory.Bytes()}
}

// kind is what a quantity counts.
type kind struct {
	name    string
	example string
	least   quantity // of what is above zero
	most    quantity
	why     string // of the least
}

var (
	cpuKind    = kind{"CPU", "500m or 2", quantity{nanos: 1_000_000, text: "1m"}, quantity{whole: 1024, text: "1024"}, "1m, the smallest share of a core there is"}
	memoryKind = kind{"memory", "128Mi or 1Gi", quantity{whole: 6 << 20, text: "6Mi"}, quantity{whole: 64 << 40, text: "64Ti"}, "6Mi, the least a container engine accepts"}
)

// shape is what Kubernetes reads, but for a sign.
var shape = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([A-Za-z]*|[eE][+-]?[0-9]+)$`)
})

// decimal and binary are the suffixes of quantities, with the powers of 10 and
// of 2 that they stand for.
var (
	decimal = map[string]int{"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
	binary  = map[string]uint{"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
)

// maxDigits and maxExponent bound a quantity before it is read: it is kept in as
// many digits as it is written with.
const (
	maxDigits   = 30
	maxExponent = 18
)

var errRange = errors.New("out of range")

// parse reads a quantity as Kubernetes does, and refuses what it would take for
// something nobody means.
func (k kind) parse(s string) (quantity, error) {
	q, err := k.read(s)
	if err != nil {
		return quantity{}, fmt.Errorf("expected a %s quantity such as %s, found %s: %w", k.name, k.example, config.Shown(s), err)
	}
	return q, nil
}

func (k kind) read(s string) (quantity, error) {
	number, unit, err := digits(s)
	if err != nil {
		return quantity{}, err
	}
	q, fits := exact(number, unit)
	q.text = s
	switch {
	case !fits || q.cmp(k.most) > 0:
		return q, fmt.Errorf("must be at most %s", k.most)
	case q.zero() || q.cmp(k.least) >= 0:
		return q, nil
	case k.name == "memory" && strings.HasSuffix(s, "m"):
		return q, fmt.Errorf(`"m" is a thousandth, here of a byte; did you mean "%sMi" or "%sM"?`, number, number)
	}
	return q, fmt.Errorf("must be at least %s", k.why)
}

// exact is a number of a unit, rounded up to the billionth. It is false for
// what is beyond all bounds.
func exact(number string, unit *big.Rat) (quantity, bool) {
	n, _ := new(big.Rat).SetString(number)
	n.Mul(n, unit).Mul(n, big.NewRat(1_000_000_000, 1))
	nanos, rest := new(big.Int).QuoRem(n.Num(), n.Denom(), new(big.Int))
	if rest.Sign() != 0 {
		nanos.Add(nanos, big.NewInt(1))
	}
	whole, part := nanos.QuoRem(nanos, big.NewInt(1_000_000_000), new(big.Int))
	return quantity{whole: whole.Int64(), nanos: part.Int64()}, whole.IsInt64()
}

// digits checks the form of a quantity and gives its number as it is written,
// and what its unit stands for.
func digits(s string) (string, *big.Rat, error) {
	if strings.HasPrefix(s, "-") {
		return "", nil, errors.New("must not be negative")
	}
	m := shape().FindStringSubmatch(s)
	switch {
	case m == nil && strings.Contains(s, ","):
		return "", nil, errors.New("a number has no comma here, only a decimal point")
	case m == nil:
		return "", nil, errors.New("not a quantity")
	case len(m[1]) > maxDigits:
		return "", nil, errRange
	}
	unit, err := unitOf(m[1], m[2])
	return m[1], unit, err
}

// unitOf is what a suffix or an exponent stands for.
func unitOf(number, suffix string) (*big.Rat, error) {
	if bits, ok := binary[suffix]; ok {
		return big.NewRat(1<<bits, 1), nil
	}
	power, ok := decimal[suffix]
	if !ok && strings.ContainsAny(suffix, "0123456789") { // an exponent, as its form says
		var err error
		if power, err = strconv.Atoi(suffix[1:]); err != nil || max(power, -power) > maxExponent {
			return nil, errRange
		}
	} else if !ok {
		return nil, fmt.Errorf("no unit %s here%s", config.Shown(suffix), meant(number, suffix))
	}
	unit := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(power, -power))), nil))
	if power < 0 {
		unit.Inv(unit)
	}
	return unit, nil
}

// meant suggests the units that are meant by common ways to misspell them.
func meant(number, suffix string) string {
	letter := strings.ToUpper(suffix[:1])
	switch {
	case !strings.Contains("KMGTPE", letter):
		return ""
	case len(suffix) > 1 && strings.EqualFold(suffix[1:2], "i"):
		return fmt.Sprintf("; did you mean %q?", number+letter+"i")
	case letter == "K":
		return fmt.Sprintf("; did you mean %q or %q?", number+"k", number+"Ki")
	}
	return fmt.Sprintf("; did you mean %q or %q?", number+letter, number+letter+"i")
}

// amount reads the quantity at a node.
func (d *document) amount(n *yaml.Node, k kind) Amount {
	if config.IsNull(n) {
		return Amount{}
	}
	text, ok := d.Scalar(n, "a "+k.name+" quantity such as "+k.example)
	if !ok {
		return Amount{}
	}
	q, err := k.parse(text)
	if err != nil {
		d.Failf(n, "%v", err)
		return Amount{}
	}
	return Amount{q, d.at(n)}
}

const mebibyte = 1 << 20

// mebibytes is memory in whole MiB, rounded up, as manifests write it: in the
// largest unit it is a whole number of.
func mebibytes(b float64) string {
	n, unit := int64(math.Ceil(b*(1-1e-12)/mebibyte)), "Mi"
	for _, larger := range []string{"Gi", "Ti", "Pi"} {
		if n == 0 || n%1024 != 0 {
			break
		}
		n, unit = n/1024, larger
	}
	if n == 0 {
		return "0"
	}
	return strconv.FormatInt(n, 10) + unit
}

// millis is CPU in whole thousandths of a core, rounded up, as manifests write it.
func millis(cores float64) string {
	n := int64(math.Ceil(cores * 1000 * (1 - 1e-12)))
	if n%1000 == 0 {
		return strconv.FormatInt(n/1000, 10)
	}
	return strconv.FormatInt(n, 10) + "m"
}
