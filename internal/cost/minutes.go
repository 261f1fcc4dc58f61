package cost

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// runnerPrefix is what the keys of runners begin with, everywhere is where they
// are priced.
const (
	runnerPrefix = "github.runner."
	everywhere   = "everywhere"
)

// Job is one job of a build as it ran.
type Job struct {
	Name    string
	Seconds float64
	Runner  string // of the book, such as linux; "" costs nothing
}

// Builds are the builds that were watched, each with its jobs.
type Builds struct {
	Month    float64 // how many there are a month
	Ran      [][]Job
	Uncached [][]Job // those without a cache, where the user tells them apart
}

// BilledMinutes is what a job is billed: each is rounded up to a whole minute, and
// one that ran at all has one.
// https://docs.github.com/en/billing/concepts/product-billing/github-actions
func BilledMinutes(seconds float64) float64 { return max(1, math.Ceil(seconds/60)) }

// ToNextMinute is how many seconds a job may take longer before another minute is
// billed.
func ToNextMinute(seconds float64) float64 { return BilledMinutes(seconds)*60 - seconds }

// ci is what builds cost a month. It is the same for every image: what one of
// them changes about its build is not known before that has run.
type ci struct {
	amount float64
	how    string
	notes  []string
	prices []Price
}

// add puts the builds on a bill; none where builds are not priced.
func (c *ci) add(b *bill) {
	if c == nil {
		return
	}
	b.add("CI", c.amount, "%s", c.how)
	if !b.terse {
		b.notes = append(b.notes, c.notes...)
	}
}

// WithBuilds is the model with the minutes of builds on every bill.
func (m *Model) WithBuilds(builds Builds) (*Model, error) {
	if !finite(builds.Month) || builds.Month == 0 || len(builds.Ran) == 0 {
		return nil, errors.New("price CI: no builds, expected some that ran and how many there are a month")
	}
	rates := map[string]Price{}
	for _, jobs := range slices.Concat(builds.Ran, builds.Uncached) {
		for _, j := range jobs {
			if err := m.rate(rates, j); err != nil {
				return nil, fmt.Errorf("price CI: job %s: %w", j.Name, err)
			}
		}
	}
	with := *m
	with.ci = priceBuilds(builds, rates)
	with.caveats = m.book.caveats(with.prices(), m.now)
	return &with, nil
}

// rate looks up what a minute of a job's runner costs.
func (m *Model) rate(rates map[string]Price, j Job) error {
	if !finite(j.Seconds) {
		return fmt.Errorf("%g seconds, expected a finite number, not below zero", j.Seconds)
	}
	if j.Runner == "" || rates[j.Runner].Key != "" {
		return nil
	}
	price, err := m.book.price(runnerPrefix+j.Runner, everywhere)
	if err != nil {
		known := map[string]bool{}
		for _, p := range m.book.prices {
			if name, ok := strings.CutPrefix(p.Key, runnerPrefix); ok {
				known[name] = true
			}
		}
		return fmt.Errorf("no price for the runner %q; price book %s knows %s%s", j.Runner, m.book.ID, list(known), near(j.Runner, known))
	}
	rates[j.Runner] = price
	return nil
}

func priceBuilds(builds Builds, rates map[string]Price) *ci {
	each, minutes := mean(builds.Ran, rates)
	c := &ci{amount: builds.Month * each}
	c.how = fmt.Sprintf("%s builds x $%s: %s billed minutes each, the mean of %d", short(builds.Month), short(each), short(minutes), len(builds.Ran))
	for _, runner := range slices.Sorted(maps.Keys(rates)) {
		c.prices = append(c.prices, rates[runner])
		c.how += fmt.Sprintf(", %s at $%s", runner, short(rates[runner].Value))
	}
	c.notes = append(c.notes, "CI is the same on both sides: what head changes about its own build is not known")
	for _, j := range builds.Ran[0] {
		c.notes = append(c.notes, fmt.Sprintf("the job %s last took %s s and is billed %s min: %s s more are free, %s",
			j.Name, short(j.Seconds), short(BilledMinutes(j.Seconds)), short(ToNextMinute(j.Seconds)), saved(j.Seconds)))
	}
	if len(builds.Uncached) > 0 {
		without, longer := mean(builds.Uncached, rates)
		c.notes = append(c.notes, fmt.Sprintf("a build without cache is billed %s min and $%s, the mean of %d: were all so, CI would cost $%.2f a month",
			short(longer), short(without), len(builds.Uncached), builds.Month*without))
	}
	return c
}

// saved says how many seconds less are one billed minute less. The first minute
// is always billed.
func saved(seconds float64) string {
	if BilledMinutes(seconds) == 1 {
		return "and it can't be billed less"
	}
	return short(seconds-(BilledMinutes(seconds)-1)*60).String() + " s less save a minute"
}

// mean is what one build costs, and its billed minutes.
func mean(builds [][]Job, rates map[string]Price) (usd, minutes float64) {
	for _, jobs := range builds {
		for _, j := range jobs {
			billed := BilledMinutes(j.Seconds)
			minutes += billed
			usd += billed * rates[j.Runner].Value
		}
	}
	return usd / float64(len(builds)), minutes / float64(len(builds))
}
