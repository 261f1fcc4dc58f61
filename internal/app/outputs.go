package app

import (
	"math"
	"strconv"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// outputs are the step's outputs, as the table in package config documents them,
// but for the addresses of what is posted. Nothing in them is anybody else's text.
func outputs(c record.Comparison, files written, code int) []github.Output {
	difference, head := costs(c)
	all := []github.Output{
		{Name: "verdict", Value: string(c.Verdict)},
		{Name: "exit-code", Value: strconv.Itoa(code)},
		{Name: "comparison", Value: files.comparison},
		{Name: "report", Value: files.markdown},
		{Name: "html", Value: files.html},
		{Name: "junit", Value: files.junit},
		{Name: "code-quality", Value: files.codeQuality},
		{Name: "cost-difference", Value: difference},
		{Name: "cost-head", Value: head},
	}
	for _, m := range record.Catalog {
		all = append(all, github.Output{Name: config.GrowthOutput(m.ID), Value: growth(c, m)})
	}
	return all
}

// costs sum up head minus base and head, "" where nothing was priced.
func costs(c record.Comparison) (difference, head string) {
	var sums [2]float64
	for _, s := range c.Services {
		if s.Cost != nil {
			sums[0] += s.Cost.Head - s.Cost.Base
			sums[1] += s.Cost.Head
			difference, head = dollars(sums[0]), dollars(sums[1])
		}
	}
	return difference, head
}

func dollars(amount float64) string { return strconv.FormatFloat(amount, 'f', 2, 64) }

// growth is the worst of a metric over the services with a budget on it, "" where
// there is none, or no ratio.
func growth(c record.Comparison, m record.Metric) string {
	worst, found := 0.0, false
	for _, s := range c.Services {
		for _, change := range s.Metrics {
			ratio, ok := ratioOf(change)
			if change.ID != m.ID || change.Budget == nil || !ok {
				continue
			}
			if grown := ratio - 1; !found || grown > worst == (m.Direction == record.Lower) {
				worst, found = grown, true
			}
		}
	}
	if !found {
		return ""
	}
	return strconv.FormatFloat(worst, 'f', 4, 64)
}

// ratioOf is head over base: as it was estimated from the pairs, else of the two
// values, which for a metric that may be zero need not exist.
func ratioOf(c record.Change) (float64, bool) {
	if c.Ratio != nil {
		return c.Ratio.Ratio, true
	}
	if c.Base == nil || c.Head == nil || *c.Base <= 0 {
		return 0, false
	}
	ratio := *c.Head / *c.Base
	return ratio, !math.IsInf(ratio, 0)
}
