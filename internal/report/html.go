package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

//go:embed page
var pageFiles embed.FS

// pageTemplate escapes every value by its place in the page; nothing reaches it
// as ready-made HTML.
var pageTemplate = template.Must(template.New("page.html").ParseFS(pageFiles, "page/*"))

// HTML writes the comparison as one page that needs no network and no script,
// in light or dark as the reader prefers.
func HTML(c record.Comparison, o Options) ([]byte, error) {
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, viewOf(c, o)); err != nil {
		return nil, fmt.Errorf("write the HTML report: %w", err)
	}
	return out.Bytes(), nil
}

// view is what the page shows, in words and coordinates.
type view struct {
	Verdict, Mark, Line string
	Created, Tool       string
	Warnings            []warningView
	Advice              []string
	Services            []serviceView
	Method              string
	Links               []Link
	Pictured            bool // a service has a picture
}

type serviceView struct {
	Anchor, Name, Verdict, Mark string
	Summary                     string
	Base, Head                  imageView
	Warnings                    []warningView
	Metrics                     []metricView
	Shown                       metricColumns
	Reach                       string
	Charts                      []chart
	Layers                      []layerView
	Ladder                      []sectionView // one, or none
	Growth                      *growthView
	Cost                        *costView
	Workload, Patch             string // of a manifest; "" where nothing is suggested
	Trials                      []trialView
	Facts                       []factView
}

// warningView is a message and the lines it quotes.
type warningView struct {
	Message string
	Quoted  []string
}

type imageView struct{ Image, Digest, Platform string }

type metricView struct {
	Title, Base, Head, Delta, Interval, Budget, Verdict, Why string
	Bar                                                      *bar
}

// metricColumns are those of a metric table that not every run fills.
type metricColumns struct {
	Interval             string // heads the bars
	Bar, Budget, Verdict bool
	Span                 int // of a row that has all of them
}

type layerView struct {
	Number, Change, Base, Head, Instruction string
	Same                                    bool
}

type costView struct {
	Place, Sentence string
	Lines           []string
	Bill            []sectionView // one, or none
	Behind          []sectionView // folded
}

type factView struct{ Name, Text string }

// pageWidth is the most characters of a foreign string on the page, where there
// is room for more than in a comment.
const pageWidth = 600

func viewOf(c record.Comparison, o Options) view {
	v := view{
		Verdict: word(c.Verdict), Mark: mark(c.Verdict), Line: Headline(c, o),
		Tool: clean(c.Tool, nameWidth), Warnings: warningViews(runWarnings(c)),
		Advice: advice(c, o, onPage()), Method: methodOf(c), Links: links(o),
	}
	if !c.Created.IsZero() {
		v.Created = c.Created.UTC().Format(time.RFC1123)
	}
	for i, s := range gravest(c.Services) {
		shown := viewOfService(i, s)
		v.Services = append(v.Services, shown)
		v.Pictured = v.Pictured || shown.Growth != nil && shown.Growth.Picture != nil
	}
	return v
}

func warningViews(all []warning) []warningView {
	views := make([]warningView, len(all))
	for i, w := range all {
		views[i] = warningView{clean(w.message, pageWidth), cleaned(w.quoted)}
	}
	return views
}

func cleaned(all []string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = clean(s, pageWidth)
	}
	return out
}

// links are those of the options, commits first.
func links(o Options) []Link {
	var all []Link
	for _, side := range []struct {
		name string
		at   Commit
	}{{"head", o.Head}, {"base", o.Base}} {
		if sha := identifier(side.at.SHA, 64); sha != "" {
			all = append(all, Link{side.name + " " + sha[:min(len(sha), 10)], side.at.URL})
		}
	}
	return append(all, o.Links...)
}

func viewOfService(i int, s record.Service) serviceView {
	v := serviceView{
		Anchor: fmt.Sprintf("service-%d", i+1), Name: clean(s.Name, imageWidth), Verdict: word(s.Verdict), Mark: mark(s.Verdict),
		Summary: budgetCount(s), Base: viewOfImage(s.Base), Head: viewOfImage(s.Head), Warnings: warningViews(serviceWarnings(s)),
		Charts: charts(s), Cost: viewOfCost(s.Cost), Trials: trialViews(s),
		Growth: viewOfGrowth(s), Ladder: shownViews(laddersOf(s, onPage())),
	}
	if v.Patch = patchOf(s); v.Patch != "" {
		v.Workload = clean(s.Manifest.Workload, nameWidth)
	}
	v.Metrics, v.Reach = metricViews(s)
	v.Shown = columnsOf(v.Metrics, commonLevel(s))
	for _, l := range layerRows(s.Base.Layers, s.Head.Layers) {
		v.Layers = append(v.Layers, layerView{dash(l.number()), dash(l.growth()), layerSize(l.base), layerSize(l.head), clean(l.instruction, pageWidth), !l.changed()})
	}
	for _, f := range facts(s) {
		v.Facts = append(v.Facts, factView{f.name, clean(f.text, pageWidth)})
	}
	return v
}

func viewOfImage(r record.Record) imageView {
	return imageView{clean(r.Image, 2*imageWidth), clean(digest(r.Digest), nameWidth), clean(r.Platform, nameWidth)}
}

// charts are memory over time, then the pairs of each leading metric.
func charts(s record.Service) []chart {
	var all []chart
	if c := memoryChart(s); !c.Empty {
		all = append(all, c)
	}
	return append(all, pairCharts(s)...)
}

// metricViews are the rows of the metric table, and the ends of their bars.
func metricViews(s record.Service) (views []metricView, ends string) {
	most := reach(s.Metrics)
	for _, m := range s.Metrics {
		r := rowOf(s.Name, m)
		interval := r.interval
		if interval != "" && commonLevel(s) == "" {
			interval += " at " + r.level
		}
		views = append(views, metricView{
			Title: r.title, Base: r.base, Head: r.head, Delta: r.delta, Interval: interval, Budget: dash(r.budget),
			Verdict: word(r.verdict), Why: clean(r.why, noteWidth), Bar: barOf(m, most),
		})
	}
	if !slices.ContainsFunc(views, func(m metricView) bool { return m.Bar != nil }) {
		return views, ""
	}
	return views, logEnds(most)
}

func columnsOf(views []metricView, level string) metricColumns {
	shown := metricColumns{Span: 4}
	for _, m := range views {
		if m.Interval != "" {
			shown.Interval = strings.TrimSpace(level + " interval")
		}
		shown.Bar = shown.Bar || m.Bar != nil
		shown.Budget = shown.Budget || !nothing(m.Budget)
		shown.Verdict = shown.Verdict || m.Verdict != string(record.None)
	}
	for _, there := range []bool{shown.Bar, shown.Budget, shown.Verdict} {
		if there {
			shown.Span++
		}
	}
	return shown
}

// logEnds names the two ends of the bars: "-50 % to +100 %".
func logEnds(reach float64) string {
	high := math.Exp(reach)
	return whole(1/high) + " to " + whole(high)
}

func viewOfCost(c *record.CostChange) *costView {
	if c == nil {
		return nil
	}
	m := onPage()
	v := &costView{Place: clean(place(*c), pageWidth), Sentence: costSentence(*c), Lines: costLines(*c, m)}
	behind := []section{pricesSection(c.Detail, m)}
	if !unmoved(*c) {
		v.Bill = shownViews(changedBill(*c, m))
		behind = append(behindEstimate(c.Detail, m), behind...)
	}
	v.Behind = shownViews(behind...)
	return v
}

// shownViews are the sections that have something to show.
func shownViews(all ...section) []sectionView {
	return sectionViews(slices.DeleteFunc(all, section.empty))
}
