package app

import (
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/cost"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// refine puts the interval that the boots, the traffic and the cores leave open
// into a change in price, and says which inputs it comes from. Too few pairs
// leave the interval as it is.
func (p *pricing) refine(c *record.CostChange, medians [2]map[record.MetricID]float64, pairs [2][]map[record.MetricID]float64) error {
	var sides [2]cost.Side
	for i, rec := range p.records {
		sides[i] = cost.Side{Inputs: p.inputs(rec, medians[i]), Trials: pairs[i]}
	}
	causes, err := p.model.Causes(sides[0].Inputs, sides[1].Inputs)
	if err != nil {
		return err
	}
	c.Causes = causes
	s, ok, err := p.model.Spread(sides[0], sides[1])
	if err != nil || !ok {
		return err
	}
	c.Low, c.High, c.Level = s.Difference.Low, s.Difference.High, s.Level
	c.Was.Month, c.Detail.Month = bounded(c.Was.Month, s.Base), bounded(c.Detail.Month, s.Head)
	if s.Lost > 0 {
		c.Detail.Notes = append(c.Detail.Notes, fmt.Sprintf("%.3g %% of the draws behind the interval have no price and are left out: what they need is not sold", s.Lost*100))
	}
	return nil
}

// bounded is an amount with an interval that holds it.
func bounded(month, drawn record.Money) record.Money {
	return record.Money{Value: month.Value, Low: min(month.Value, drawn.Low), High: max(month.Value, drawn.High)}
}
