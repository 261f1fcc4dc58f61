package kube

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Amount is a quantity of CPU or memory, and where it stands. The zero Amount
// is not declared.
type Amount struct {
	resource.Quantity
	At Place
}

// Place is a position in a file; both count from 1. The zero Place is none.
type Place struct {
	File         string
	Line, Column int
}

// String is the position as editors take it.
func (p Place) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// Declared reports whether the manifest has the amount. A request of zero is
// none.
func (a Amount) Declared() bool { return !a.IsZero() }

// Cores is an amount of CPU.
func (a Amount) Cores() float64 { return float64(a.MilliValue()) / 1000 }

// Bytes is an amount of memory, a part of a byte rounded up.
func (a Amount) Bytes() record.Bytes { return record.Bytes(a.Value()) }

// Resources are what a container asks for, or may use.
type Resources struct{ CPU, Memory Amount }

func (r Resources) limits() record.Limits {
	return record.Limits{CPUs: r.CPU.Cores(), Memory: r.Memory.Bytes()}
}

// kind is what a quantity counts.
type kind struct {
	name    string
	example string
	least   resource.Quantity // of what is above zero
	most    resource.Quantity
	why     string // of the least
}

var (
	cpuKind    = kind{"CPU", "500m or 2", resource.MustParse("1m"), resource.MustParse("1024"), "1m, the smallest share of a core there is"}
	memoryKind = kind{"memory", "128Mi or 1Gi", resource.MustParse("6Mi"), resource.MustParse("64Ti"), "6Mi, the least a container engine accepts"}
)

// shape is what resource.ParseQuantity reads, but for a sign.
var shape = regexp.MustCompile(`^([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([A-Za-z]*|[eE][+-]?[0-9]+)$`)

var exponent = regexp.MustCompile(`^[eE]([+-]?[0-9]+)$`)

// suffixes are those of quantities.
var suffixes = map[string]bool{
	"": true, "n": true, "u": true, "m": true, "k": true, "M": true, "G": true, "T": true, "P": true, "E": true,
	"Ki": true, "Mi": true, "Gi": true, "Ti": true, "Pi": true, "Ei": true,
}

// maxDigits and maxExponent bound a quantity before it is read: it is kept in as
// many digits as it is written with.
const (
	maxDigits   = 30
	maxExponent = 18
)

var errRange = errors.New("out of range")

// parse reads a quantity as Kubernetes does, and refuses what it would take for
// something nobody means.
func (k kind) parse(s string) (resource.Quantity, error) {
	q, err := k.read(s)
	if err != nil {
		return resource.Quantity{}, fmt.Errorf("expected a %s quantity such as %s, found %s: %w", k.name, k.example, config.Shown(s), err)
	}
	return q, nil
}

func (k kind) read(s string) (resource.Quantity, error) {
	number, err := digits(s)
	if err != nil {
		return resource.Quantity{}, err
	}
	q, err := resource.ParseQuantity(s)
	switch {
	case err != nil:
		return q, errors.New("not a quantity")
	case q.IsZero():
		return q, nil
	case q.Cmp(k.most) > 0:
		return q, fmt.Errorf("must be at most %s", k.most.String())
	case q.Cmp(k.least) >= 0:
		return q, nil
	case k.name == "memory" && strings.HasSuffix(s, "m"):
		return q, fmt.Errorf(`"m" is a thousandth, here of a byte; did you mean "%sMi" or "%sM"?`, number, number)
	}
	return q, fmt.Errorf("must be at least %s", k.why)
}

// digits checks the form of a quantity and gives its number as it is written.
func digits(s string) (string, error) {
	if strings.HasPrefix(s, "-") {
		return "", errors.New("must not be negative")
	}
	m := shape.FindStringSubmatch(s)
	switch {
	case m == nil && strings.Contains(s, ","):
		return "", errors.New("a number has no comma here, only a decimal point")
	case m == nil:
		return "", errors.New("not a quantity")
	case len(m[1]) > maxDigits:
		return "", errRange
	}
	number, suffix := m[1], m[2]
	if e := exponent.FindStringSubmatch(suffix); e != nil {
		if power, err := strconv.Atoi(e[1]); err != nil || max(power, -power) > maxExponent {
			return "", errRange
		}
		return number, nil
	}
	if !suffixes[suffix] {
		return "", fmt.Errorf("no unit %s here%s", config.Shown(suffix), meant(number, suffix))
	}
	return number, nil
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

// mebibytes is memory in whole MiB, rounded up, as manifests write it.
func mebibytes(b float64) string {
	return resource.NewQuantity(int64(math.Ceil(b*(1-1e-12)/mebibyte))*mebibyte, resource.BinarySI).String()
}

// millis is CPU in whole thousandths of a core, rounded up, as manifests write it.
func millis(cores float64) string {
	return resource.NewMilliQuantity(int64(math.Ceil(cores*1000*(1-1e-12))), resource.DecimalSI).String()
}
