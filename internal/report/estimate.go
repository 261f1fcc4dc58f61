package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// brands are the platforms as their vendors write them.
var brands = map[string]string{
	"kubernetes": "Kubernetes", "fargate": "Fargate", "eks-fargate": "EKS on Fargate", "autopilot": "Autopilot", "cloud-run": "Cloud Run",
	"lambda": "Lambda", "container-apps": "Container Apps", "fly": "Fly", "vm": "the VM",
}

func brand(platform string, m medium) string {
	if b := brands[platform]; b != "" {
		return b
	}
	return m.name(platform, nameWidth)
}

// stepLines say how far the next size that is sold is, and what must go for the
// one below.
func stepLines(e record.Estimate, m medium) []string {
	var lines []string
	for _, s := range e.Steps {
		if words := stepWords(s, e.Platform, m); len(words) > 0 {
			lines = append(lines, noun(s.Input)+": "+strings.Join(words, "; "))
		}
	}
	return lines
}

func stepWords(s record.CostStep, platform string, m medium) []string {
	amount := func(v float64) string {
		metric, _ := record.Lookup(s.Input)
		return m.number(Value(s.Input, metric.Unit, v))
	}
	step := "the next step"
	if s.Input == record.MemoryPeak {
		step = "the " + m.number(binaryBytes.print(s.Size)) + " step"
	}
	if b := brand(platform, m); b != "" {
		step = strings.Replace(step, "the", b+"'s", 1)
	}
	var words []string
	if s.Next > 0 {
		words = append(words, fmt.Sprintf("%s below %s; crossing it costs %s per replica", amount(s.Room), step, money("$", s.Next)))
	}
	if s.Drop > 0 {
		words = append(words, fmt.Sprintf("%s less fits the size below and saves %s per replica", amount(s.Drop), money("$", s.Saves)))
	}
	return words
}

// deployLine is what fits: requests, limits and the autoscaler.
func deployLine(e record.Estimate, m medium) string {
	d := record.Deployment{Request: e.Request, Limit: e.Limit}
	if e.Decision != nil {
		d = e.Decision.Suggested
	}
	if d.Request == (record.Limits{}) {
		return ""
	}
	line := fmt.Sprintf("to deploy: request %s, limit %s", m.number(quantities(d.Request)), m.number(quantities(d.Limit)))
	if d.Max > 0 {
		line += fmt.Sprintf("; autoscaler from %s to %s at %s CPU", count(float64(d.Min)), plural(d.Max, "replica"), m.number(share(d.TargetCPU)))
	}
	return line
}

// quantities are written as Kubernetes does: "31m CPU, 197Mi".
func quantities(l record.Limits) string {
	cpu, memory := "no CPU", "no memory"
	if l.CPUs > 0 {
		cpu = strings.ReplaceAll(three(math.Ceil(l.CPUs*1000-1e-6)), ",", "") + "m CPU"
	}
	if l.Memory > 0 {
		memory = strings.ReplaceAll(fixed(math.Ceil(float64(l.Memory)/(1<<20)), 0), ",", "") + "Mi"
	}
	return cpu + ", " + memory
}

// decisionLine is what to do with the service, and why.
func decisionLine(e record.Estimate, m medium) string {
	if e.Decision == nil || e.Decision.Action == "" {
		return ""
	}
	var why []string
	for _, w := range e.Decision.Why {
		why = append(why, m.prose(w, noteWidth))
	}
	line := "decision: " + m.prose(e.Decision.Action, nameWidth)
	if len(why) > 0 {
		line += ", since " + strings.Join(why, "; ")
	}
	return line
}

// behindEstimate is what stands behind an estimate, for the details.
func behindEstimate(e record.Estimate, m medium) []section {
	return []section{densitySection(e, m), viewsSection(e, m), sensitivitySection(e, m), threeYearsSection(e, m)}
}

func densitySection(e record.Estimate, m medium) section {
	s := section{title: "replica density", thing: "row", columns: []column{
		{"replicas", numbers}, {"CPU", numbers}, {"memory", numbers}, {"instances", numbers}, {"an instance", numbers}, {"a month", numbers},
	}}
	return fill(s, mostItems, e.Density, nil, func(d record.Density) []string {
		return []string{count(float64(d.Replicas)), three(d.CPUs), m.number(binaryBytes.print(float64(d.Memory))),
			count(float64(d.Instances)), money("$", d.Instance()), money("$", d.Month)}
	})
}

func viewsSection(e record.Estimate, m medium) section {
	s := section{title: "ways to share the machines", thing: "view", columns: []column{{"view", words}, {"a month", numbers}, {"how", words}}}
	return fill(s, mostItems, e.Views, nil, func(v record.CostView) []string {
		return []string{m.prose(v.Name, nameWidth), money("$", v.Amount), m.prose(v.How, noteWidth)}
	})
}

// sensitivitySection is what a little more of each input costs here.
func sensitivitySection(e record.Estimate, m medium) section {
	s := section{title: "what a little more costs", thing: "input", columns: []column{{"more", words}, {"a month", numbers}, {"mean from", numbers}, {"to", numbers}}}
	return fill(s, mostItems, e.Sensitivity, nil, func(c record.CostSlope) []string {
		metric, _ := record.Lookup(c.Input)
		value := func(v float64) string { return m.number(Value(c.Input, metric.Unit, v)) }
		return []string{value(c.Per) + " of " + noun(c.Input), "+$" + three(c.Amount), value(c.From), value(c.To)}
	})
}

func threeYearsSection(e record.Estimate, m medium) section {
	s := section{title: "three years", thing: "way", columns: []column{
		{"way", words}, {"on", words}, {"bill", numbers}, {"work", numbers}, {"total", numbers}, {"not measured", words}, {"how", words},
	}}
	return fill(s, mostItems, e.ThreeYears, nil, func(c record.CostTotal) []string {
		return []string{m.prose(c.Name, nameWidth), m.prose(c.Platform, nameWidth), money("$", c.Bill), money("$", c.Work), money("$", c.Total),
			m.prose(strings.Join(c.NotMeasured, ", "), noteWidth), m.prose(c.How, noteWidth)}
	})
}

// pricesSection names every price that went into a bill, and its source.
func pricesSection(e record.Estimate, m medium) section {
	s := section{title: "prices", thing: "price", columns: []column{
		{"price", names}, {"value", numbers}, {"region", words}, {"source", paths}, {"as of", words}, {"grade", words}, {"changed", words},
	}}
	s = fill(s, mostItems, e.Prices, nil, func(p record.PriceUsed) []string {
		return []string{m.quote(p.Key, nameWidth) + unverified(p), m.number(exact(p.Value)+" ") + m.prose(p.Unit, nameWidth), m.prose(p.Region, nameWidth),
			m.quote(p.Source, imageWidth), m.prose(p.AsOf, nameWidth), m.prose(p.Grade, nameWidth), m.prose(changedPrice(p), noteWidth)}
	})
	if hasUnverified(e.Prices) {
		s.notes = append(s.notes, unverifiedKey)
	}
	s.notes = append(s.notes, bookNotes(e, m)...)
	return s
}

// bookNotes name the price book.
func bookNotes(e record.Estimate, m medium) []string {
	if e.Book == "" {
		return nil
	}
	return []string{"price book " + m.quote(e.Book, imageWidth)}
}
