package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// SelfTestJSON is a self-test as other programs read it.
func SelfTestJSON(s record.SelfTest) ([]byte, error) {
	s.Alarms, s.Metrics = listed(s.Alarms), listed(s.Metrics)
	s.Service.Warnings, s.Service.Metrics = listed(s.Service.Warnings), listed(s.Service.Metrics)
	s.Service.Base, s.Service.Head = tidy(s.Service.Base), tidy(s.Service.Head)
	return encode("self-test", s)
}

// SelfTestTerminal writes a self-test as plain text: how often a run here would
// be wrong, what it could see, and what keeps it from seeing more.
func SelfTestTerminal(s record.SelfTest, o Options) []byte {
	t := &terminal{o: o}
	t.line(paint(cell{"SELF-TEST " + plain(s.Service.Head.Image, imageWidth), bold}, o.Color) +
		fmt.Sprintf(" against itself, %s: %s", plural(s.Service.Pairs, "pair"), selfVerdict(s.Service)))
	for _, w := range s.Service.Warnings {
		t.warnings("  ", []warning{warningOf(w)})
	}
	t.alarms(s.Alarms)
	t.sensitivities(s)
	t.disturbance(s)
	return []byte(disarmed(t.b.String()))
}

// selfVerdict says what a real run would have said of no change at all.
func selfVerdict(s record.Service) string {
	var over []string
	for _, c := range s.Metrics {
		if c.Verdict == record.Fail {
			over = append(over, noun(c.ID))
		}
	}
	if len(over) > 0 {
		return "a false alarm on " + strings.Join(over, ", ")
	}
	return "a run would have said " + word(s.Verdict)
}

func (t *terminal) alarms(all []record.Alarm) {
	if len(all) == 0 {
		return
	}
	t.heading("False alarms, from swapping base and head inside the pairs")
	g := t.grid("budget of every metric", "runs:", "fail:", "rate:", "at most:", "gated together")
	for _, a := range all {
		budget := "as configured"
		if a.Grow != nil {
			budget = plus(*a.Grow, share(*a.Grow))
		}
		var gated []string
		for _, id := range a.Metrics {
			gated = append(gated, noun(id))
		}
		g.add(cell{budget, normal}, cell{count(float64(a.Runs)), normal}, cell{count(float64(a.Fails)), normal},
			cell{share(a.Rate), bold}, cell{share(a.Bound), normal}, cell{strings.Join(gated, ", "), dim})
	}
	t.put(g, "  ")
	t.wrapped("  ", fmt.Sprintf("\"At most\" holds with %s confidence, for machines as noisy as this one was.", share(all[0].Level)))
}

func (t *terminal) sensitivities(s record.SelfTest) {
	if len(s.Metrics) == 0 {
		return
	}
	t.heading("Smallest growth that 4 runs in 5 would fail, by the last look")
	g := t.grid("metric", "noise in a pair:", "any growth:", "over its budget:", "budget")
	for _, m := range s.Metrics {
		row := []cell{{title(m.ID), normal}, {sizeOf(m, m.Noise), dim}}
		for _, e := range m.Smallest {
			row = append(row, cell{seen(m, e), bold})
		}
		last := m.Smallest[len(m.Smallest)-1]
		g.add(append(row, cell{budget(record.Change{ID: m.ID, Unit: m.Unit, Budget: &last.Budget}), dim})...)
	}
	t.put(g, "  ")
}

// sizeOf prints a ratio or an amount, as the metric is compared.
func sizeOf(m record.Sensitivity, v float64) string {
	if m.Ratio {
		return share(v)
	}
	return Value(m.ID, m.Unit, v)
}

// seen is the growth from which on it would be seen.
func seen(m record.Sensitivity, e record.SmallestEffect) string {
	if e.Effect == nil {
		return "never"
	}
	// Metrics that may be zero are worsened by an amount; the others by a ratio,
	// also where zeros made the comparison one of differences.
	if c, _ := record.Lookup(m.ID); c.Zeroable {
		return "+" + Value(m.ID, m.Unit, *e.Effect)
	}
	return "+" + share(*e.Effect)
}

// disturbance says what limits the machine: the noise of its boots first, then
// what else went on.
func (t *terminal) disturbance(s record.SelfTest) {
	t.heading("What limits it")
	var ratios []record.Sensitivity
	for _, m := range s.Metrics {
		if m.Ratio {
			ratios = append(ratios, m)
		}
	}
	if len(ratios) > 0 {
		worst := slices.MaxFunc(ratios, func(a, b record.Sensitivity) int { return cmp.Compare(a.Noise, b.Noise) })
		t.wrapped("  ", fmt.Sprintf("the noisiest gated metric is %s: two boots of the same image differ by %s (standard deviation)",
			noun(worst.ID), share(worst.Noise)))
	}
	g := t.grid("", "median:", "worst:")
	n := s.Noise
	g.add(cell{"CPU time the hypervisor took", normal}, cell{share(n.Steal.Median), normal}, cell{share(n.Steal.Worst), normal})
	if n.Others != nil {
		g.add(cell{"CPUs used by other programs", normal}, cell{three(n.Others.Median), normal}, cell{three(n.Others.Worst), normal})
	}
	g.add(cell{"load sent late (99th percentile)", normal}, cell{seconds.print(n.Lag.Median), normal}, cell{seconds.print(n.Lag.Worst), normal})
	g.add(cell{"between two samples of memory", normal}, cell{"", normal}, cell{seconds.print(float64(n.SamplerGap)), normal})
	t.put(g, "  ")
	sampler := n.Sampler
	if sampler == "" {
		sampler = "nowhere"
	}
	t.wrapped("  ", fmt.Sprintf("memory and CPU come from: %s; %s did not count", plain(sampler, nameWidth), plural(n.Voided, "pair")))
}
