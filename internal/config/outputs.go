package config

import (
	"fmt"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Output is one output of the Action. All outputs are text; Type says how to read
// it.
type Output struct {
	Name        string
	Type        OutputType
	Description string
}

// Row is the output in the documentation's table.
func (o Output) Row() string {
	return fmt.Sprintf("| `%s` | %s | %s |", o.Name, o.Type, o.Description)
}

// OutputType is what the text of an output stands for. It is empty where there is
// nothing to say.
type OutputType string

// The types of outputs.
const (
	OutputWord   OutputType = "word"
	OutputNumber OutputType = "whole number"
	OutputPath   OutputType = "path"
	OutputURL    OutputType = "URL"
	OutputUSD    OutputType = "USD a month"
	OutputRatio  OutputType = "ratio"
)

// Outputs are the outputs of the Action, in the order of action.yml.
var Outputs = append([]Output{
	{"verdict", OutputWord, "pass, fail, inconclusive, missing, accepted or none."},
	{"exit-code", OutputNumber, "0, 1 for a failed budget, 2 for bad input, 3 for what could not be measured."},
	{"comparison", OutputPath, "comparison.json: everything that was measured."},
	{"report", OutputPath, "report.md."},
	{"html", OutputPath, "report.html."},
	{"junit", OutputPath, "junit.xml: a test for each budget, for other CI systems."},
	{"code-quality", OutputPath, "code-quality.json: a finding at the line of each budget that does not hold, for other CI systems."},
	{"cost-difference", OutputUSD, "Head minus base, over all services. Empty when nothing was priced."},
	{"cost-head", OutputUSD, "Price of head, over all services. Empty when nothing was priced."},
	{"comment-url", OutputURL, "The comment. Empty when none was written."},
	{"check-url", OutputURL, "The check run. Empty when there is none."},
}, growths()...)

// growths are the outputs of the metrics.
func growths() []Output {
	var all []Output
	for _, m := range record.Catalog {
		worst := "largest"
		if m.Direction == record.Higher {
			worst = "smallest"
		}
		all = append(all, Output{GrowthOutput(m.ID), OutputRatio,
			fmt.Sprintf("Growth of %s, 0.1 for 10 %% more: the %s of the services with a budget on it. Empty when there is none.", m.ID, worst)})
	}
	return all
}

// GrowthOutput names the output that tells the growth of a metric.
func GrowthOutput(id record.MetricID) string {
	return strings.ReplaceAll(string(id), ".", "-") + "-change"
}
