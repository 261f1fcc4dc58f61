package cost

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// gradeOwn is the grade of what a user says is paid.
const gradeOwn = "own"

// ReadBook reads a user's price book: one by itself, or one that extends the
// built-in book. The error is a [config.Errors] with everything that is wrong. The
// identity of the book changes with any figure, of the user or built in.
func ReadBook(name string, src []byte) (*Book, error) {
	base, err := Builtin()
	if err != nil {
		return nil, err
	}
	u := userBook{PriceFile: config.ReadPriceFile(name, src), base: base, name: name}
	if u.Err() != nil && u.Place == (config.Place{}) {
		return nil, u.Err() // no YAML
	}
	u.begin(src)
	for _, o := range u.Overrides {
		u.override(o)
	}
	for _, e := range u.Prices {
		u.add(e)
	}
	for _, n := range u.Nodes {
		u.addNode(n)
	}
	for _, d := range u.Discounts {
		u.discount(d)
	}
	if err := u.Err(); err != nil {
		return nil, err
	}
	return u.book, nil
}

// userBook is a user's book on its way to an effective one.
type userBook struct {
	*config.PriceFile
	base *Book
	book *Book
	name string // of the file

	overridden map[string]int // lines, by key and region
	discounted map[string]int
}

// begin sets up the book that the user's figures go into.
func (u *userBook) begin(src []byte) {
	u.overridden, u.discounted = map[string]int{}, map[string]int{}
	sum, id := sha256.New(), u.ID
	if id == "" {
		id = "own"
	}
	if u.Extends {
		sum.Write(builtin)
		known, _, _ := strings.Cut(u.base.ID, "@")
		id = known + "+" + id
		copied := *u.base
		copied.prices, copied.nodes = slices.Clone(u.base.prices), slices.Clone(u.base.nodes)
		u.book = &copied
	} else {
		u.book = &Book{Currency: u.base.Currency, HoursPerMonth: u.Hours.Value}
		u.tables()
	}
	sum.Write(src)
	u.book.ID = id + "@" + hex.EncodeToString(sum.Sum(nil))[:12]
	if u.StaleDays > 0 {
		u.book.StaleAfterDays = u.StaleDays
	}
}

// tables reads the platforms' rules of a book that stands by itself.
func (u *userBook) tables() {
	n := u.Tables
	if n == nil {
		return // reported already
	}
	at := config.Place{Line: n.Line, Column: n.Column}
	if n.Kind == yaml.ScalarNode && n.Value == "builtin" {
		u.book.tables, u.book.sizes = u.base.tables, u.base.sizes
		return
	}
	if n.Kind != yaml.MappingNode {
		u.Failf(at, `expected "builtin" or the tables of the platforms, found neither`)
		return
	}
	var own tables
	if err := n.Load(&own, yaml.WithKnownFields()); err != nil {
		u.broken(at, err)
		return
	}
	if err := own.check(); err != nil {
		u.Failf(at, "%v", err)
		return
	}
	u.book.tables, u.book.sizes = own, own.taskSizes()
}

// broken reports what the YAML library says of a table, where it says that.
func (u *userBook) broken(at config.Place, err error) {
	var all *yaml.LoadErrors
	if !errors.As(err, &all) {
		u.Failf(at, "tables: %v", err)
		return
	}
	for _, one := range all.Errors {
		u.Failf(config.Place{Line: one.Mark.Line, Column: one.Mark.Column}, "tables: %s", one.Message)
	}
}

// entries are the prices and the nodes' of a book.
func (b *Book) entries() []*Price {
	var all []*Price
	for i := range b.prices {
		all = append(all, &b.prices[i])
	}
	for i := range b.nodes {
		all = append(all, &b.nodes[i].Price)
	}
	return all
}

// machines are the names of a provider's service of machines, in which users
// think of the price of a node.
var machines = map[string]string{"aws": "aws.ec2.", "gce": "gce.compute.", "azure": "azure.vm."}

// called are the names of a price: a node can also be called aws.ec2.m7i.large
// or aws/m7i.large.
func called(p *Price) []string {
	node, ok := strings.CutPrefix(p.Key, "node.")
	if !ok {
		return []string{p.Key}
	}
	provider, shape, _ := strings.Cut(node, ".")
	names := []string{p.Key, provider + "/" + shape}
	if service := machines[provider]; service != "" {
		names = append(names, service+shape)
	}
	return names
}

// unknown says what keys there are, of the same provider where there is one.
func (u *userBook) unknown(at config.Place, key, what string) {
	known, all := map[string]bool{}, map[string]bool{}
	provider, _, _ := strings.Cut(key, ".")
	for _, p := range u.book.entries() {
		for _, name := range called(p) {
			all[name] = true
			if strings.HasPrefix(name, provider+".") {
				known[name] = true
			}
		}
	}
	if len(known) == 0 {
		for name := range all {
			if group, _, ok := strings.Cut(name, "."); ok && group != "node" && !strings.Contains(group, "/") {
				known[group+".*"] = true
			}
		}
	}
	u.Failf(at, "%s; price book %s knows %s%s", what, u.base.ID, list(known), near(key, all))
}

func (u *userBook) override(o config.PriceOverride) {
	if !u.Extends || o.Key.Value == "" || o.Region.Value == "" {
		return // reported already
	}
	regions := map[string]bool{}
	for _, p := range u.book.entries() {
		if !slices.Contains(called(p), o.Key.Value) {
			continue
		}
		regions[p.Region] = true
		if p.Region != o.Region.Value {
			continue
		}
		at := p.Key + " " + p.Region
		if line := u.overridden[at]; line > 0 {
			u.Failf(o.Key.Place, "%s in %s is overridden twice, first in line %d", o.Key.Value, p.Region, line)
		}
		u.overridden[at] = o.Key.Line
		p.List, p.Value, p.Reason = p.Value, o.Amount, o.Reason
		p.Grade, p.Source = gradeOwn, u.name
		p.AsOf = time.Time{}
		return
	}
	if len(regions) > 0 {
		u.Failf(o.Region.Place, `no price for %s in region %q; price book %s knows %s%s; a price of another region goes under "prices"`,
			o.Key.Value, o.Region.Value, u.base.ID, list(regions), near(o.Region.Value, regions))
		return
	}
	u.unknown(o.Key.Place, o.Key.Value, fmt.Sprintf("no price is called %q", o.Key.Value))
}

// add takes one price of the user's.
func (u *userBook) add(e config.PriceEntry) {
	if e.Key.Value == "" || e.Region.Value == "" {
		return // reported already
	}
	units := map[string]bool{}
	for _, p := range u.base.prices {
		if p.Key == e.Key.Value {
			units[p.Unit] = true
		}
	}
	if wanted := priceable(e.Key.Value); wanted != "" {
		units[wanted] = true
	}
	switch {
	case len(units) == 0:
		u.unknown(e.Key.Place, e.Key.Value, fmt.Sprintf("no platform asks for a price called %q", e.Key.Value))
		return
	case e.Unit.Value != "" && !units[e.Unit.Value]:
		u.Failf(e.Unit.Place, "the price of %s is per unit %q, found %q", e.Key.Value, list(units), e.Unit.Value)
	}
	if price, ok := u.price(e, e.Key.Value); ok {
		u.book.prices = append(u.book.prices, price)
	}
}

// priceable is the unit of keys that the code asks for and the built-in book may
// lack, "" for others: paths of a network, and runners.
func priceable(key string) string {
	if strings.HasPrefix(key, runnerPrefix) {
		return "USD/min"
	}
	_, path, _ := strings.Cut(key, ".")
	for _, way := range ways {
		if slices.Contains(way.keys, path) {
			return "USD/GB"
		}
	}
	return ""
}

// price is a user's price under its full key, false when the book has it.
func (u *userBook) price(e config.PriceEntry, key string) (Price, bool) {
	for _, p := range u.book.entries() {
		if p.Key == key && p.Region == e.Region.Value {
			u.Failf(e.Key.Place, `the book has a price for %s in %s already; expected it once, and another figure for a built-in one under "overrides"`, e.Key.Value, p.Region)
			return Price{}, false
		}
	}
	p := Price{Key: key, Region: e.Region.Value, Value: e.Amount, Unit: e.Unit.Value, Source: e.Source.Value, AsOf: e.AsOf, Grade: gradeOwn}
	source, named := u.Sources[e.Source.Value]
	switch {
	case named:
		p.Source, p.Grade = source.URL, source.Grade
	case e.Source.Value != "" && !strings.ContainsAny(e.Source.Value, " :"):
		names := map[string]bool{}
		for name := range u.Sources {
			names[name] = true
		}
		u.Failf(e.Source.Place, `no source is called %q, expected one of "sources" (%s), an address, or some words%s`,
			e.Source.Value, list(names), near(e.Source.Value, names))
	}
	return p, true
}

func (u *userBook) addNode(n config.PriceNode) {
	if n.Key.Value == "" || n.Region.Value == "" {
		return // reported already
	}
	if n.Unit.Value != "USD/h" {
		u.Failf(n.Unit.Place, "the price of a node is in USD/h, found %q", n.Unit.Value)
	}
	price, ok := u.price(n.PriceEntry, "node."+strings.ReplaceAll(n.Key.Value, "/", "."))
	if !ok {
		return
	}
	family := n.Family
	if family == "" {
		_, family, _ = strings.Cut(n.Key.Value, "/")
	}
	u.book.nodes = append(u.book.nodes, Node{
		Price: price, Name: n.Key.Value, Family: family, Burstable: n.Burstable, Arch: n.Arch,
		VCPU: n.VCPU, MemoryMiB: n.MemoryMiB, MaxPods: n.MaxPods,
	})
}

// discount takes a ratio off every price that matches. It comes off what the
// overrides say.
func (u *userBook) discount(d config.PriceDiscount) {
	if d.Match.Value == "" {
		return // reported already
	}
	pattern := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(d.Match.Value), `\*`, ".*") + "$")
	matched := false
	for _, p := range u.book.entries() {
		if !slices.ContainsFunc(called(p), pattern.MatchString) {
			continue
		}
		matched = true
		at := p.Key + " " + p.Region
		if line := u.discounted[at]; line > 0 {
			u.Failf(d.Match.Place, "%s is discounted twice, first in line %d; expected every price to match one discount", p.Key, line)
			return
		}
		u.discounted[at] = d.Match.Line
		p.discount(d.Ratio, d.Reason)
	}
	if !matched {
		u.unknown(d.Match.Place, d.Match.Value, fmt.Sprintf("no price matches %q", d.Match.Value))
	}
}

func (p *Price) discount(ratio float64, reason string) {
	if p.List == 0 {
		p.List = p.Value
	}
	if p.Reason != "" {
		p.Reason += "; "
	}
	p.Reason += fmt.Sprintf("%s %% off: %s", short(ratio*100), reason)
	p.Value *= 1 - ratio
}
