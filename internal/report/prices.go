package report

import (
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// PricesJSON writes a list of prices as other programs read it.
func PricesJSON(l record.PriceList) ([]byte, error) {
	l.Images, l.Estimates, l.Unpriced = listed(l.Images), listed(l.Estimates), listed(l.Unpriced)
	return encode("prices", l)
}

// PricesTerminal writes a list of prices as plain text: a table with the cheapest
// first, two images side by side. The details are every bill below it.
func PricesTerminal(l record.PriceList, details bool, o Options) []byte {
	t := &terminal{o: o}
	t.wrapped("", demandLine(l.Demand))
	for _, part := range priceTables(l, t.medium()) {
		t.section(part)
	}
	for _, d := range detailsOf(l, details, t.medium()) {
		t.heading(d.title)
		for _, line := range d.lines {
			t.wrapped("  ", line)
		}
		for _, part := range d.parts {
			t.section(part)
		}
	}
	return []byte(disarmed(t.b.String()))
}

// PricesMarkdown is the same as Markdown, within the options' limit, with each
// platform's details folded.
func PricesMarkdown(l record.PriceList, details bool, o Options) []byte {
	p := &page{limit: o.limit() - leftOutBytes}
	m := inMarkdown(mostRows)
	p.put("traffic", paragraph(capital(demandLine(l.Demand))))
	p.sections(priceTables(l, m))
	for _, d := range detailsOf(l, details, m) {
		frame := folded(d.summary, "")
		inner := &page{limit: p.room() - len(frame) - 1}
		inner.put("lines", bullets(d.lines, len(d.lines)))
		inner.sections(d.parts)
		if inner.b.Len() == 0 {
			p.left = append(p.left, d.summary)
			continue
		}
		p.put(d.summary, folded(d.summary, inner.b.String()))
	}
	return []byte(p.b.String() + comment{o: o}.leftOut(p.left))
}

// demandLine is what the images were priced for.
func demandLine(d record.Demand) string {
	return fmt.Sprintf("for %s/s on average, %s/s in %s peak hours a day, %s deploys a month, %s to %s at %s CPU",
		three(d.Average), three(d.Peak), three(d.PeakHours), three(d.Deploys), count(float64(d.Min)), plural(d.Max, "replica"), share(d.TargetCPU))
}

// priceTables are what the images cost where, and where they have no price.
func priceTables(l record.PriceList, m medium) []section {
	var all []section
	if len(l.Images) == 2 {
		all = append(all, changeTable(l, m))
	} else {
		for _, image := range l.Images {
			all = append(all, estimateTable(l, image, m))
		}
	}
	for i := range all {
		for _, e := range l.Estimates {
			if hasUnverified(e.Prices) && len(all[i].rows) > 0 {
				all[i].notes = append(all[i].notes, dagger+" rests on an unverified price")
				break
			}
		}
	}
	unpriced := unpricedTable(l, m)
	for _, n := range l.Notes {
		unpriced.notes = append(unpriced.notes, m.prose(n, noteWidth))
	}
	if len(unpriced.rows) == 0 {
		unpriced.title = "notes"
	}
	return append(all, unpriced)
}

// imageName is an image and where its record lies.
func imageName(i record.PricedImage, m medium) string {
	return m.name(i.Image, imageWidth) + " (" + m.name(i.Record, imageWidth) + ")"
}

func priced(platform string, e record.Estimate, m medium) string {
	name := m.prose(platform, nameWidth)
	if hasUnverified(e.Prices) {
		name += " " + dagger
	}
	return name
}

// estimateTable is what one image costs on each platform.
func estimateTable(l record.PriceList, image record.PricedImage, m medium) section {
	s := section{title: imageName(image, m), thing: "platform", columns: []column{
		{"platform", words}, {"region", words}, {"arch", words}, {"a month", numbers}, {level(l.Level) + " interval", words}, {"replicas", numbers}, {"each", words},
	}}
	var own []record.Estimate
	for _, e := range l.Estimates {
		if e.Record == image.Record {
			own = append(own, e.Estimate)
		}
	}
	return fill(s, len(own), own, nil, func(e record.Estimate) []string {
		return []string{priced(e.Platform, e, m), m.prose(e.Region, nameWidth), m.prose(e.Arch, nameWidth), money("$", e.Month.Value),
			amounts(e.Month), three(e.Replicas), m.number(quantities(e.Request))}
	})
}

// amounts are the ends of an interval, nothing where it is too narrow to be read.
func amounts(v record.Money) string {
	low, high := money("$", v.Low), money("$", v.High)
	if low == high {
		return ""
	}
	return low + " to " + high
}

// changeTable sets two images side by side.
func changeTable(l record.PriceList, m medium) section {
	s := section{title: "base " + imageName(l.Images[0], m) + ", head " + imageName(l.Images[1], m), thing: "platform", columns: []column{
		{"platform", words}, {"region", words}, {"base", numbers}, {"head", numbers}, {"a month", numbers}, {level(l.Level) + " interval", words},
	}}
	return fill(s, len(l.Changes), l.Changes, nil, func(c record.CostChange) []string {
		d := c.Head - c.Base
		change := plus(d, money("$", d)) + percentOf(c)
		interval := ""
		if c.Low != c.High {
			interval = plus(c.Low, money("$", c.Low)) + " to " + plus(c.High, money("$", c.High))
		}
		return []string{priced(c.Platform, c.Detail, m), m.prose(c.Region, nameWidth), money("$", c.Base), money("$", c.Head), change, interval}
	})
}

// percentOf is " (+21 %)", nothing where base costs nothing.
func percentOf(c record.CostChange) string {
	if c.Base <= 0 || c.Head == c.Base {
		return ""
	}
	return " (" + change(c.Head/c.Base) + ")"
}

func unpricedTable(l record.PriceList, m medium) section {
	s := section{title: "no price", thing: "platform", columns: []column{{"platform", words}, {"record", words}, {"why", words}}}
	return fill(s, len(l.Unpriced), l.Unpriced, nil, func(u record.Unpriced) []string {
		return []string{m.prose(u.Platform, nameWidth), m.name(u.Record, imageWidth), m.prose(u.Why, 2*noteWidth)}
	})
}

// priceDetails are one platform's.
type priceDetails struct {
	title   string // for a terminal
	summary string // raw HTML, for Markdown
	lines   []string
	parts   []section
}

func detailsOf(l record.PriceList, wanted bool, m medium) []priceDetails {
	var all []priceDetails
	if !wanted {
		return nil
	}
	if len(l.Images) == 2 {
		for _, c := range l.Changes {
			d := detailsTitled(place(c) + ": " + costSentence(c))
			d.lines = costLines(c, m)
			d.parts = append([]section{changedBill(c, m)}, behindEstimate(c.Detail, m)...)
			d.parts = append(d.parts, pricesSection(c.Detail, m))
			all = append(all, d)
		}
		return all
	}
	for _, e := range l.Estimates {
		all = append(all, detailsAlone(e, len(l.Images) > 1, m))
	}
	return all
}

func detailsTitled(title string) priceDetails {
	return priceDetails{title: plain(title, noteWidth), summary: htmlText(title, noteWidth)}
}

// detailsAlone are those of one image, named where there are several.
func detailsAlone(e record.Priced, named bool, m medium) priceDetails {
	title := place(record.CostChange{Platform: e.Platform, Region: e.Region}) + ": " + money("$", e.Month.Value) + " a month"
	if named {
		title = e.Record + " on " + title
	}
	d := detailsTitled(title)
	d.lines = stepLines(e.Estimate, m)
	for _, line := range []string{deployLine(e.Estimate, m), decisionLine(e.Estimate, m)} {
		if line != "" {
			d.lines = append(d.lines, line)
		}
	}
	d.parts = append([]section{billSection(e.Estimate, m)}, behindEstimate(e.Estimate, m)...)
	d.parts = append(d.parts, pricesSection(e.Estimate, m))
	return d
}

// billSection is the bill of one image.
func billSection(e record.Estimate, m medium) section {
	s := section{title: "bill", thing: "item", columns: []column{{"item", words}, {"a month", numbers}, {"how", words}}}
	s = fill(s, mostItems, e.Items, nil, func(i record.CostItem) []string {
		return []string{m.prose(i.Name, nameWidth), money("$", i.Amount), m.prose(i.How, noteWidth)}
	})
	for _, n := range e.Notes {
		s.notes = append(s.notes, m.prose(n, noteWidth))
	}
	return s
}
