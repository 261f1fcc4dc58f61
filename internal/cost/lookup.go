package cost

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// price finds a figure. A region the book lacks is an error and never another
// region's figure.
func (b *Book) price(key, region string) (Price, error) {
	regions := map[string]bool{}
	for _, p := range b.prices {
		if p.Key != key {
			continue
		}
		if p.Region == region {
			return p, nil
		}
		regions[p.Region] = true
	}
	return Price{}, fmt.Errorf("no price for %s in region %q; price book %s knows %s%s", key, region, b.ID, list(regions), near(region, regions))
}

// settled is c with the region that a key is priced in first, and the architecture
// that is paid for, where it names none.
func (b *Book) settled(c config.Cost, key string) config.Cost {
	if c.Region == "" {
		c.Region = b.home(key)
	}
	c.Arch = archOf(c)
	return c
}

// wanted is a figure that a platform needs.
type wanted struct {
	key string
	to  *Price
}

// read finds figures, in order, up to the first that the region lacks.
func (b *Book) read(region string, all ...wanted) (err error) {
	for _, w := range all {
		if *w.to, err = b.price(w.key, region); err != nil {
			return err
		}
	}
	return nil
}

// node finds a shape in a region.
func (b *Book) node(name, region string) (Node, error) {
	names, regions := map[string]bool{}, map[string]bool{}
	for _, n := range b.nodes {
		names[n.Name] = true
		if n.Name != name {
			continue
		}
		if n.Region == region {
			return n, nil
		}
		regions[n.Region] = true
	}
	if len(regions) > 0 {
		return Node{}, fmt.Errorf("no price for node %s in region %q; price book %s knows it in %s%s", name, region, b.ID, list(regions), near(region, regions))
	}
	return Node{}, fmt.Errorf("unknown node %q; price book %s knows %s%s", name, b.ID, list(names), near(name, names))
}

// home is the region a node or key is priced in first, "" when it is nowhere.
func (b *Book) home(nodeOrKey string) string {
	for _, n := range b.nodes {
		if n.Name == nodeOrKey {
			return n.Region
		}
	}
	for _, p := range b.prices {
		if p.Key == nodeOrKey {
			return p.Region
		}
	}
	return ""
}

// near suggests the name that was meant.
func near(word string, names map[string]bool) string {
	return config.DidYouMean(word, slices.Sorted(maps.Keys(names)))
}

func list(names map[string]bool) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), ", ")
}

// caveats are the notes on prices that are old or unverified.
func (b *Book) caveats(prices []Price, now time.Time) []string {
	var stale, unverified, notes []string
	for _, p := range prices {
		if !p.AsOf.IsZero() && now.Sub(p.AsOf) > time.Duration(b.StaleAfterDays)*24*time.Hour {
			stale = append(stale, fmt.Sprintf("%s (%s)", p.Key, p.AsOf.Format(time.DateOnly)))
		}
		if p.Grade == "U" {
			unverified = append(unverified, p.Key)
		}
	}
	if len(stale) > 0 {
		notes = append(notes, fmt.Sprintf("prices older than %d days: %s", b.StaleAfterDays, strings.Join(stale, ", ")))
	}
	if len(unverified) > 0 {
		notes = append(notes, "unverified prices: "+strings.Join(unverified, ", "))
	}
	return notes
}

func used(prices []Price) []record.PriceUsed {
	all := make([]record.PriceUsed, len(prices))
	for i, p := range prices {
		all[i] = record.PriceUsed{
			Key: p.Key, Region: p.Region, Value: p.Value, Unit: p.Unit, Source: p.Source,
			Grade: p.Grade, List: p.List, Reason: p.Reason,
		}
		if !p.AsOf.IsZero() {
			all[i].AsOf = p.AsOf.Format(time.DateOnly)
		}
	}
	return all
}
