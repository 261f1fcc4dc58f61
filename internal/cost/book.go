package cost

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v4"
)

// bookVersion is the only format this version reads.
const bookVersion = "plimsoll.dev/pricebook/v1"

//go:embed pricebook.yml
var builtin []byte

// Builtin is the price book that comes with this version.
var Builtin = sync.OnceValues(func() (*Book, error) { return ParseBook(builtin) })

// Book is a price book. It is read-only once parsed.
type Book struct {
	ID             string // identity with the first 12 digits of the file's SHA-256
	Currency       string
	HoursPerMonth  float64
	StaleAfterDays int

	prices []Price
	nodes  []Node
	tables tables
	sizes  []taskSize // of Fargate
}

// Price is one figure of the book.
type Price struct {
	Key    string
	Region string
	Value  float64 // in Unit
	Unit   string
	Source string    // address of the page or file it was seen at
	AsOf   time.Time // zero where a user says what is paid today
	Grade  string    // A to C, U for unverified, "own" for a user's

	List   float64 // what it was before the user's overrides and discounts, 0 for the same
	Reason string  // of those
}

// Node is the shape of a machine, and its price per hour.
type Node struct {
	Price
	Name      string // provider/shape
	Family    string
	Burstable bool // its CPU is shared, so its price follows its memory
	Arch      string
	VCPU      float64
	MemoryMiB float64
	MaxPods   int // 0 where the provider's network sets no limit of its own
}

// Provider is the part of the name before the slash.
func (n Node) Provider() string {
	provider, _, _ := strings.Cut(n.Name, "/")
	return provider
}

// bookFile is the file as it is written.
type bookFile struct {
	APIVersion     string                `yaml:"apiVersion"`
	ID             string                `yaml:"id"`
	Currency       string                `yaml:"currency"`
	HoursPerMonth  float64               `yaml:"hours_per_month"`
	StaleAfterDays int                   `yaml:"stale_after_days"`
	Sources        map[string]sourceFile `yaml:"sources"`
	Prices         []priceFile           `yaml:"prices"`
	Nodes          []nodeFile            `yaml:"nodes"`
	Tables         tables                `yaml:"tables"`
}

type sourceFile struct {
	URL   string `yaml:"url"`
	Grade string `yaml:"grade"`
}

type priceFile struct {
	Key    string `yaml:"key"`
	Region string `yaml:"region"`
	Value  string `yaml:"value"`
	Unit   string `yaml:"unit"`
	Source string `yaml:"source"`
	AsOf   string `yaml:"as_of"`
}

type nodeFile struct {
	priceFile `yaml:",inline"`
	Node      string  `yaml:"node"`
	Family    string  `yaml:"family"`
	Burstable bool    `yaml:"burstable"`
	Arch      string  `yaml:"arch"`
	VCPU      float64 `yaml:"vcpu"`
	MemMiB    float64 `yaml:"mem_mib"`
	MaxPods   int     `yaml:"max_pods"`
}

// ParseBook reads a price book. The error names the entry that is wrong.
func ParseBook(src []byte) (*Book, error) {
	var file bookFile
	if err := yaml.Load(src, &file, yaml.WithKnownFields()); err != nil {
		return nil, fmt.Errorf("read price book: %w", err)
	}
	if file.APIVersion != bookVersion || file.ID == "" {
		return nil, fmt.Errorf("read price book: found apiVersion %q, expected %q and an id", file.APIVersion, bookVersion)
	}
	sum := sha256.Sum256(src)
	b := &Book{
		ID:             file.ID + "@" + hex.EncodeToString(sum[:])[:12],
		Currency:       file.Currency,
		HoursPerMonth:  file.HoursPerMonth,
		StaleAfterDays: file.StaleAfterDays,
	}
	if err := b.fill(file); err != nil {
		return nil, fmt.Errorf("price book %s: %w", file.ID, err)
	}
	return b, nil
}

func (b *Book) fill(file bookFile) error {
	if b.Currency != "USD" || !(b.HoursPerMonth > 0) || b.StaleAfterDays < 1 {
		return fmt.Errorf("expected the currency USD, hours_per_month and stale_after_days, found %q, %v, %d", b.Currency, b.HoursPerMonth, b.StaleAfterDays)
	}
	seen := map[string]bool{}
	for _, f := range file.Prices {
		p, err := f.price(file.Sources, seen)
		if err != nil {
			return err
		}
		b.prices = append(b.prices, p)
	}
	for _, f := range file.Nodes {
		n, err := f.read(file.Sources, seen)
		if err != nil {
			return err
		}
		b.nodes = append(b.nodes, n)
	}
	if err := file.Tables.check(); err != nil {
		return err
	}
	b.tables, b.sizes = file.Tables, file.Tables.taskSizes()
	return nil
}

// price checks one entry. seen has the keys and regions that were read before.
func (f priceFile) price(sources map[string]sourceFile, seen map[string]bool) (Price, error) {
	source := sources[f.Source]
	value, err := positive(f.Value)
	if err != nil && f.Value != free {
		return Price{}, fmt.Errorf("price %s: %w", f.Key, err)
	}
	asOf, err := time.Parse(time.DateOnly, f.AsOf)
	if err != nil {
		return Price{}, fmt.Errorf("price %s: as_of: %w", f.Key, err)
	}
	at := f.Key + " " + f.Region
	switch {
	case f.Key == "", f.Region == "":
		return Price{}, fmt.Errorf("price %q in %q: a price needs a key and a region", f.Key, f.Region)
	case seen[at]:
		return Price{}, fmt.Errorf("price %s stands twice for %s", f.Key, f.Region)
	case !slices.Contains(units, f.Unit):
		return Price{}, fmt.Errorf("price %s: unit %q, expected one of %s", f.Key, f.Unit, strings.Join(units, ", "))
	case source.URL == "" || !slices.Contains(grades, source.Grade):
		return Price{}, fmt.Errorf("price %s: source %q has no address or no grade of %s", f.Key, f.Source, strings.Join(grades, ", "))
	}
	seen[at] = true
	return Price{Key: f.Key, Region: f.Region, Value: value, Unit: f.Unit, Source: source.URL, AsOf: asOf, Grade: source.Grade}, nil
}

// free is the one price that is not above zero.
const free = "0"

var (
	units = []string{
		"USD/h", "USD/vCPU-h", "USD/GB-h", "USD/vCPU-s", "USD/GB-s", "USD/GB-month", "USD/GB", "USD/million", "USD/min", "USD/30d", "USD/GB-30d",
	}
	grades = []string{"A", "B", "C", "U"}
)

func (f nodeFile) read(sources map[string]sourceFile, seen map[string]bool) (Node, error) {
	f.Key = "node." + strings.ReplaceAll(f.Node, "/", ".")
	price, err := f.price(sources, seen)
	switch {
	case err != nil:
		return Node{}, err
	case strings.Count(f.Node, "/") != 1, f.Family == "", f.Arch == "", f.Unit != "USD/h":
		return Node{}, fmt.Errorf("node %q: expected provider/shape, a family, an arch and a price in USD/h", f.Node)
	case !(f.VCPU > 0) || !(f.MemMiB > 0) || f.MaxPods < 0:
		return Node{}, fmt.Errorf("node %s: expected vcpu and mem_mib, found %v and %v", f.Node, f.VCPU, f.MemMiB)
	}
	return Node{
		Price: price, Name: f.Node, Family: f.Family, Burstable: f.Burstable, Arch: f.Arch,
		VCPU: f.VCPU, MemoryMiB: f.MemMiB, MaxPods: f.MaxPods,
	}, nil
}

func positive(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v > 0) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%q is no price, expected a decimal number above zero", s)
	}
	return v, nil
}
