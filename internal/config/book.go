package config

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Place is where something stands in a file, from 1.
type Place struct{ Line, Column int }

// Word is a value and its place.
type Word[T any] struct {
	Value T
	Place
}

// PriceFile is a user's book of prices as it is written. What its keys mean, and
// whether they mean anything, internal/cost knows, which adds what it finds to
// the errors of the file.
type PriceFile struct {
	Place                            // of the file's first key
	ID        string                 // "" for none
	Extends   bool                   // the built-in book, else it is one by itself
	Hours     Word[float64]          // a month; 0 where it is not said
	StaleDays int                    // 0 where it is not said
	Sources   map[string]PriceSource // by the name that prices call them
	Overrides []PriceOverride
	Discounts []PriceDiscount
	Prices    []PriceEntry
	Nodes     []PriceNode
	Tables    *yaml.Node // nil where there are none; the scalar "builtin", or the tables themselves

	faults faults
}

// PriceSource is where prices were seen.
type PriceSource struct{ URL, Grade string }

// PriceOverride is another figure for a price of the built-in book.
type PriceOverride struct {
	Key    Word[string]
	Region Word[string]
	Amount float64 // in the unit of the price it replaces
	Reason string
}

// PriceDiscount is taken off every price that matches.
type PriceDiscount struct {
	Match  Word[string] // a key, in which * stands for anything
	Ratio  float64
	Reason string
}

// PriceEntry is one price.
type PriceEntry struct {
	Key    Word[string]
	Region Word[string]
	Amount float64
	Unit   Word[string]
	Source Word[string] // a name of Sources, or text of its own
	AsOf   time.Time
}

// PriceNode is the shape of a machine with its price, in USD an hour.
type PriceNode struct {
	PriceEntry        // Key is provider/shape
	Family     string // "" for the shape itself
	Arch       string
	Burstable  bool
	VCPU       float64
	MemoryMiB  float64
	MaxPods    int // 0 for no limit
}

// ReadPriceFile reads a user's book of prices. What is wrong with it is told by
// [PriceFile.Err], so that all of it comes at once.
func ReadPriceFile(name string, src []byte) *PriceFile {
	d := newDecoder(name, src, `"extends: builtin"`)
	p := &PriceFile{}
	if root := d.parse(src); root != nil {
		d.priceFile(root, p)
	}
	p.faults = d.faults
	return p
}

// Failf adds a mistake that was found at a place of the file.
func (p *PriceFile) Failf(at Place, format string, args ...any) {
	p.faults.add(at.Line, at.Column, fmt.Sprintf(format, args...))
}

// Err is everything that is wrong with the file, an [Errors], nil for nothing.
func (p *PriceFile) Err() error { return p.faults.sorted() }

// DidYouMean is the closing remark of an error about a misspelt word, "" where
// none of the candidates is near.
func DidYouMean(word string, candidates []string) string { return didYouMean(word, candidates) }

func (d *decoder) priceFile(n *yaml.Node, p *PriceFile) {
	p.Place = Place{n.Line, n.Column}
	var currency string
	present := d.mapping(n, `a price book, a mapping with "extends" and "overrides"`,
		field{name: "apiVersion", read: value(d, new(string), oneOf("plimsoll.dev/pricebook/v1"))},
		field{name: "id", read: value(d, &p.ID, names)},
		field{name: "extends", read: value(d, &p.Extends, builtinBook)},
		field{name: "currency", read: value(d, &currency, currencies)},
		field{name: "hours_per_month", read: word(d, &p.Hours, numbers.check(positive).check(atMost(744.0, "744, a month of 31 days")))},
		field{name: "stale_after_days", read: value(d, &p.StaleDays, integers.check(positive).check(atMost(36500, "36500")))},
		field{name: "sources", read: func(v *yaml.Node) { p.Sources = d.priceSources(v) }},
		field{name: "overrides", read: func(v *yaml.Node) {
			p.Overrides = readEach(d, v, "overrides such as {key, region, value, reason}", d.override)
		}},
		field{name: "discounts", read: func(v *yaml.Node) { p.Discounts = readEach(d, v, "discounts such as {match, pct, reason}", d.discount) }},
		field{name: "prices", read: func(v *yaml.Node) {
			p.Prices = readEach(d, v, "prices such as {key, region, value, unit, source, as_of}", d.priceEntry)
		}},
		field{name: "nodes", read: func(v *yaml.Node) {
			p.Nodes = readEach(d, v, "nodes such as {node, arch, vcpu, mem_mib, region, value}", d.priceNode)
		}},
		field{name: "tables", read: func(v *yaml.Node) { p.Tables = target(v) }},
	)
	if present != nil {
		d.wholeOrPart(n, present)
	}
}

// wholeOrPart reports what a book by itself lacks, and what only one that extends
// another can have.
func (d *decoder) wholeOrPart(n *yaml.Node, present map[string]*yaml.Node) {
	if present["extends"] != nil {
		for _, key := range []string{"tables", "hours_per_month"} {
			if v := present[key]; v != nil {
				d.failf(target(v), `%q stands in a book that extends the built-in one, which has it; expected neither, or no "extends"`, key)
			}
		}
		return
	}
	for _, key := range []string{"currency", "hours_per_month", "stale_after_days", "prices", "tables"} {
		if present[key] == nil {
			d.failf(target(n), `the book has no %q; expected it, or "extends: builtin" for a book that changes the built-in one`, key)
		}
	}
	if v := present["overrides"]; v != nil {
		d.failf(target(v), `"overrides" in a book that extends none; expected "extends: builtin", or the figures themselves under "prices"`)
	}
}

// readEach reads the items of a list.
func readEach[T any](d *decoder, n *yaml.Node, what string, read func(*yaml.Node) T) []T {
	var all []T
	for _, item := range d.list(n, "a list of "+what) {
		all = append(all, read(item))
	}
	return all
}

// word is value with the place of what was read.
func word[T any](d *decoder, dst *Word[T], as notation[T]) func(*yaml.Node) {
	return func(n *yaml.Node) {
		dst.Place = Place{target(n).Line, target(n).Column}
		value(d, &dst.Value, as)(n)
	}
}

// needs reports the keys that an entry lacks.
func (d *decoder) needs(n *yaml.Node, what string, present map[string]*yaml.Node, keys ...string) {
	if present == nil {
		return
	}
	for _, key := range keys {
		if present[key] == nil {
			d.failf(target(n), "the %s has no %q, expected a key such as %q", what, key, key+": "+samples[key])
		}
	}
}

// samples are values of the keys of a book.
var samples = map[string]string{
	"key": "aws.nat.processing", "region": "us-east-1", "value": `"0.045"`, "reason": "our contract", "match": "aws.ec2.*", "pct": "28",
	"unit": "USD/GB", "source": "our contract", "as_of": "2026-11-01", "node": "aws/m7i.large", "arch": "amd64", "vcpu": "2", "mem_mib": "8192",
	"url": "https://example.org/prices", "grade": "A",
}

func (d *decoder) override(n *yaml.Node) (o PriceOverride) {
	present := d.mapping(n, "an override such as {key, region, value, reason}",
		field{name: "key", read: word(d, &o.Key, priceKeys)},
		field{name: "region", read: word(d, &o.Region, regions)},
		field{name: "value", read: value(d, &o.Amount, figures)},
		field{name: "reason", read: value(d, &o.Reason, reasons)},
	)
	d.needs(n, "override", present, "key", "region", "value", "reason")
	return o
}

func (d *decoder) discount(n *yaml.Node) (c PriceDiscount) {
	present := d.mapping(n, "a discount such as {match, pct, reason}",
		field{name: "match", read: word(d, &c.Match, priceKeys)},
		field{name: "pct", read: value(d, &c.Ratio, discountRatios)},
		field{name: "reason", read: value(d, &c.Reason, reasons)},
	)
	d.needs(n, "discount", present, "match", "pct", "reason")
	return c
}

func (d *decoder) entryFields(e *PriceEntry) []field {
	return []field{
		{name: "region", read: word(d, &e.Region, regions)},
		{name: "value", read: value(d, &e.Amount, figures)},
		{name: "unit", read: word(d, &e.Unit, anyText)},
		{name: "source", read: word(d, &e.Source, reasons)},
		{name: "as_of", read: value(d, &e.AsOf, dates)},
	}
}

func (d *decoder) priceEntry(n *yaml.Node) (e PriceEntry) {
	present := d.mapping(n, "a price such as {key, region, value, unit, source, as_of}",
		append([]field{{name: "key", read: word(d, &e.Key, priceKeys)}}, d.entryFields(&e)...)...)
	d.needs(n, "price", present, "key", "region", "value", "unit", "source", "as_of")
	return e
}

func (d *decoder) priceNode(n *yaml.Node) (e PriceNode) {
	e.Unit.Value = "USD/h"
	present := d.mapping(n, "a node such as {node, arch, vcpu, mem_mib, region, value}", append([]field{
		{name: "node", read: word(d, &e.Key, nodes)},
		{name: "family", read: value(d, &e.Family, names)},
		{name: "burstable", read: value(d, &e.Burstable, booleans)},
		{name: "arch", read: value(d, &e.Arch, arches)},
		{name: "vcpu", read: value(d, &e.VCPU, numbers.check(positive).check(atMost(10_000.0, "10000")))},
		{name: "mem_mib", read: value(d, &e.MemoryMiB, numbers.check(positive).check(atMost(1e9, "1000000000")))},
		{name: "max_pods", read: value(d, &e.MaxPods, integers.check(positive).check(atMost(10_000, "10000")))},
	}, d.entryFields(&e.PriceEntry)...)...)
	d.needs(n, "node", present, "node", "arch", "vcpu", "mem_mib", "region", "value", "source", "as_of")
	return e
}

func (d *decoder) priceSources(n *yaml.Node) map[string]PriceSource {
	all := map[string]PriceSource{}
	entries, _ := d.entries(n, "sources by name, each with url and grade")
	for _, e := range entries {
		var s PriceSource
		present := d.mapping(e.value, "a source such as {url, grade}",
			field{name: "url", read: value(d, &s.URL, reasons)},
			field{name: "grade", read: value(d, &s.Grade, oneOf("A", "B", "C", "U"))},
		)
		d.needs(e.value, "source", present, "url", "grade")
		all[e.key.Value] = s
	}
	return all
}

// The notations of a book.
var (
	builtinBook = notation[bool]{"builtin", func(s string) (bool, error) {
		if s != "builtin" {
			return false, errors.New("no other book can be extended")
		}
		return true, nil
	}}
	currencies = notation[string]{"USD", func(s string) (string, error) {
		if s != "USD" {
			return "", errors.New("all prices are in the currency of the built-in book")
		}
		return s, nil
	}}
	priceKeys = notation[string]{"the key of a price such as aws.nat.processing", func(s string) (string, error) {
		if s == "" || len(s) > 120 || strings.ContainsAny(s, " \t") || hasControl(s) {
			return "", errors.New("no price is called that")
		}
		return s, nil
	}}
	reasons = notation[string]{"a few words", func(s string) (string, error) {
		if s == "" || len(s) > 300 || hasControl(s) {
			return "", errors.New("expected 1 to 300 characters on one line")
		}
		return s, nil
	}}
	dates = notation[time.Time]{"a day such as 2026-11-01", func(s string) (time.Time, error) {
		at, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return at, errors.New("no such day")
		}
		return at, nil
	}}
	figures        = notation[float64]{"an amount such as 0.045", parseAmount}.check(atMost(1e6, "1000000"))
	discountRatios = notation[float64]{"a number of percent such as 28", func(s string) (float64, error) {
		v, err := parsePlain(strings.TrimSuffix(s, "%"))
		return v / 100, err
	}}.check(positive).check(atMost(1.0, "100"))
)

// parseAmount reads a price, whose currency need not be said.
func parseAmount(s string) (float64, error) {
	if currency.MatchString(s) && !strings.HasSuffix(s, "USD") {
		return 0, errors.New("prices are in USD")
	}
	return parsePlain(strings.TrimSpace(strings.TrimSuffix(s, "USD")))
}
