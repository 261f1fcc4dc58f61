package app

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/baseline"
	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/cost"
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// costFlags are the flags of `plimsoll cost`.
type costFlags struct {
	config    string
	book      string
	platforms string
	format    string
	details   bool
	settings  config.CostFlags
}

func (c *costFlags) register(flags *flag.FlagSet) {
	flags.StringVar(&c.config, "c", "", "configuration `file`, whose \"cost\" is used (default plimsoll.yml, if there is one)")
	flags.StringVar(&c.platforms, "platform", config.AllPlatforms, "`platforms` between commas, or all: "+strings.Join(config.Platforms, ", "))
	flags.StringVar(&c.settings.Traffic, "traffic", "", "`traffic` such as average=120/s,peak=400/s,peak_hours=6,deploys=60; needed unless the configuration says it")
	flags.StringVar(&c.settings.Replicas, "replicas", "", "`bounds` of the autoscaler, such as 2-10, or min=2,max=10,target_cpu=70%")
	flags.StringVar(&c.settings.Region, "region", "", "`region` such as us-east-1 (default: the configuration's, else the platform's first in the price book)")
	flags.StringVar(&c.settings.Node, "node", "", "`node` of platforms with nodes, such as aws/m7i.large")
	flags.StringVar(&c.settings.Arch, "arch", "", "`architecture` of the machines, amd64 or arm64 (default: the image's)")
	flags.StringVar(&c.book, "book", "", "price book `file` of your own (default: the configuration's, else the built-in one)")
	flags.StringVar(&c.format, "format", "text", "what to print: text, markdown or json")
	flags.BoolVar(&c.details, "details", false, "with every bill, its arithmetic, its prices and what to deploy")
}

// runCost prices saved records. Nothing is measured, and no engine is asked.
func runCost(_ context.Context, env Env, args []string) (int, error) {
	flags := flagSet(env, "cost", "RECORD...")
	var c costFlags
	c.register(flags)
	paths, err := parse(flags, args)
	if err != nil {
		return ExitOK, err
	}
	if err := checkFormat(c.format); err != nil {
		return ExitOK, err
	}
	platforms, err := config.ParsePlatforms(c.platforms)
	if err != nil {
		return ExitOK, usagef("--platform: %v", err)
	}
	settings, errSettings := c.read(platforms)
	records, errRecords := readRecords(paths)
	if err := errors.Join(errSettings, errRecords); err != nil {
		return ExitOK, err
	}
	if settings.Arch, err = archOf(settings.Arch, records); err != nil {
		return ExitOK, err
	}
	book, err := c.prices(settings)
	if err != nil {
		return ExitOK, err
	}
	p := pricer{cost: settings, regionGiven: c.settings.Region != "", paths: paths, records: records}
	for _, platform := range platforms {
		p.on(book, platform)
	}
	list := p.list()
	if err := printPrices(env, c, list); err != nil {
		return ExitOK, err
	}
	if len(list.Estimates) == 0 {
		return ExitMissing, errors.New("nothing could be priced")
	}
	return ExitOK, nil
}

// read gives what the configuration and the flags say of cost.
func (c *costFlags) read(platforms []string) (config.Cost, error) {
	file, err := readCost(c.config)
	if err != nil {
		return file, err
	}
	all, err := c.settings.Over(file)
	if err != nil {
		return all, err
	}
	if all.Traffic.Assumed {
		return all, usagef("for how much traffic? give --traffic \"average=120/s,peak=400/s,peak_hours=6\", or cost.traffic in the configuration")
	}
	if c.settings.Node != "" && !slices.ContainsFunc(platforms, config.HasNodes) {
		return all, usagef("--node %s: %s has no nodes of yours, expected no --node", c.settings.Node, strings.Join(platforms, ", "))
	}
	return all, nil
}

// prices opens the price book. The one of the command line may lie anywhere; whoever
// wrote the configuration names only what lies beside it.
func (c *costFlags) prices(settings config.Cost) (*cost.Book, error) {
	if c.book == "" {
		return openBook(cmp.Or(c.config, defaultConfig), settings.Book)
	}
	return openBook(c.book, filepath.Base(c.book))
}

func readCost(path string) (config.Cost, error) {
	name, source, err := readConfig(path)
	switch {
	case err != nil:
		return config.Cost{}, err
	case name != "":
		return config.LoadCost(name, source)
	}
	return config.Default("", "").Cost, nil
}

func readRecords(paths []string) ([]*record.Record, error) {
	if len(paths) == 0 {
		return nil, usagef("which records? give the paths of saved ones, such as DIR/record.json of `plimsoll measure IMAGE --out DIR`")
	}
	var all []*record.Record
	var failed []error
	for _, path := range paths {
		rec, err := baseline.Read(path)
		if err != nil {
			failed = append(failed, usagef("%v", err))
		}
		all = append(all, rec)
	}
	return all, errors.Join(failed...)
}

// archOf is the architecture of the machines: the user's choice, else Arm where the
// images run on no other.
func archOf(chosen string, records []*record.Record) (string, error) {
	arm := 0
	for _, rec := range records {
		if strings.HasPrefix(rec.Platform, "linux/arm64") {
			arm++
		}
	}
	switch {
	case chosen != "" || arm == 0:
		return chosen, nil
	case arm < len(records):
		return "", usagef("%d of %d records are of images for Arm: say with --arch amd64 or --arch arm64 which machines to price", arm, len(records))
	}
	return "arm64", nil
}

// pricer prices records on one platform after another.
type pricer struct {
	cost        config.Cost
	regionGiven bool // by the command line: where it has no price, there is none
	paths       []string
	records     []*record.Record

	priced   []record.Priced
	changes  []record.CostChange
	unpriced []record.Unpriced
	notes    []string
}

// on prices every record on one platform.
func (p *pricer) on(book *cost.Book, platform string) {
	model, note, err := p.model(book, platform)
	if err != nil {
		p.unpriced = append(p.unpriced, record.Unpriced{Platform: platform, Why: reason(err, platform)})
		return
	}
	if note != "" {
		p.notes = append(p.notes, note)
	}
	prices := p.prices(model)
	var found []record.Priced
	for i, rec := range p.records {
		e, err := prices.estimate(rec)
		if err != nil {
			p.unpriced = append(p.unpriced, record.Unpriced{Record: p.paths[i], Platform: platform, Why: reason(err, platform)})
			continue
		}
		if len(p.records) != 2 {
			prices.bound(&e, rec)
		}
		found = append(found, record.Priced{Record: p.paths[i], Estimate: e})
	}
	if len(p.records) == 2 && len(found) == 2 {
		p.change(prices, &found[0].Estimate, &found[1].Estimate)
	}
	p.priced = append(p.priced, found...)
}

// model sets up a platform. A region that only the configuration names, for a
// platform of its own, is kept for others where they are priced in it; where not,
// a note names the one that was taken.
func (p *pricer) model(book *cost.Book, platform string) (m *cost.Model, note string, err error) {
	c := p.cost.On(platform)
	if m, err = cost.NewModel(book, c, time.Now()); err == nil || p.regionGiven || c.Region == "" || platform == p.cost.Platform {
		return m, "", err
	}
	c.Region = ""
	usual, failed := cost.NewModel(book, c, time.Now())
	if failed != nil {
		return nil, "", err
	}
	return usual, fmt.Sprintf("%s has no price in %s, the configuration's region, and is priced in its usual one", platform, p.cost.Region), nil
}

// prices sets two records against each other. A record alone, or one of many, is
// pulled whole: what a machine holds already is not known.
func (p *pricer) prices(m *cost.Model) *pricing {
	if len(p.records) == 2 {
		return newPricing(m, [2]*record.Record(p.records))
	}
	return &pricing{model: m}
}

// bound gives an estimate the interval that the boots of its record leave open.
func (p *pricing) bound(e *record.Estimate, rec *record.Record) {
	month, ok, err := p.model.Interval(cost.Side{Inputs: p.inputs(rec, medians(rec)), Trials: counted(rec)})
	if ok {
		e.Month = bounded(e.Month, month)
	}
	if err != nil {
		e.Notes = append(e.Notes, "no interval: "+err.Error())
	}
}

// change sets head against base on one platform, which gives both their intervals.
func (p *pricer) change(prices *pricing, was, is *record.Estimate) {
	base, head := p.records[0], p.records[1]
	c := record.CostChange{Platform: is.Platform, Region: is.Region, Currency: "USD", Base: was.Month.Value, Head: is.Month.Value, Detail: *is, Was: *was}
	c.Low, c.High = c.Head-c.Base, c.Head-c.Base
	err := prices.refine(&c, [2]map[record.MetricID]float64{medians(base), medians(head)}, [2][]map[record.MetricID]float64{counted(base), counted(head)})
	if err != nil {
		c.Detail.Notes = append(c.Detail.Notes, "no interval: "+err.Error())
	}
	*was, *is = c.Was, c.Detail
	p.changes = append(p.changes, c)
}

// medians are the values of a record.
func medians(rec *record.Record) map[record.MetricID]float64 {
	values := make(map[record.MetricID]float64, len(rec.Metrics))
	for id, m := range rec.Metrics {
		values[id] = m.Value
	}
	return values
}

// counted are the boots of a record that its values rest on.
func counted(rec *record.Record) []map[record.MetricID]float64 {
	var all []map[record.MetricID]float64
	for i := range rec.Trials {
		if t := &rec.Trials[i]; t.Counts() {
			all = append(all, t.Metrics)
		}
	}
	return all
}

// reason is an error without the words that its place in the list says already.
func reason(err error, platform string) string {
	return strings.TrimPrefix(err.Error(), "price "+platform+": ")
}

// list sorts what was found, the cheapest first.
func (p *pricer) list() record.PriceList {
	t, r := p.cost.Traffic, p.cost.Replicas
	list := record.PriceList{
		Schema: record.PriceListSchema, Level: cost.SpreadLevel, Estimates: p.priced, Unpriced: p.unpriced, Changes: p.changes, Notes: p.notes,
		Demand: record.Demand{Average: t.Average, Peak: t.Peak, PeakHours: t.PeakHours, Deploys: t.Deploys, Min: r.Min, Max: r.Max, TargetCPU: r.TargetCPU},
	}
	if p.cost.CI != nil {
		list.Notes = append(list.Notes, "CI is left out: only a run beside its builds reads their minutes")
	}
	for i, rec := range p.records {
		list.Images = append(list.Images, record.PricedImage{Record: p.paths[i], Image: rec.Image, Digest: rec.Digest})
	}
	slices.SortStableFunc(list.Estimates, func(a, b record.Priced) int { return cmp.Compare(a.Month.Value, b.Month.Value) })
	slices.SortStableFunc(list.Changes, func(a, b record.CostChange) int { return cmp.Compare(a.Head, b.Head) })
	return list
}

func printPrices(env Env, c costFlags, list record.PriceList) error {
	options := terminalOptions(env)
	var body []byte
	var err error
	switch c.format {
	case "json":
		body, err = report.PricesJSON(list)
	case "markdown":
		body = report.PricesMarkdown(list, c.details, options)
	default:
		body = report.PricesTerminal(list, c.details, options)
	}
	if err != nil {
		return err
	}
	_, err = env.Stdout.Write(body)
	return err
}
