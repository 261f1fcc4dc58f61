package report

import (
	"embed"
	"fmt"
	"sync"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

//go:embed page
var pageFiles embed.FS

// pageTemplate escapes every value by its place in the page; nothing reaches it
// as ready-made HTML.
var pageTemplate = sync.OnceValues(func() (templates, error) { return readTemplates(pageFiles, "page") })

// view is what the page shows around its services, in words.
type view struct {
	Verdict, Mark, Line string
	Signed              string
	Created, Tool       string
	Warnings            []warningView
	Advice              []string
	Index               []indexView // of more than one service
	More                string      // services that are not in the index
	Left                string      // services that are not on the page
	Method              string
	Links               []Link
}

// indexView is a service in the list of them; without an anchor where the page has
// no more of it.
type indexView struct{ Anchor, Mark, Name, Summary string }

type serviceView struct {
	Anchor, Name, Verdict, Judgement, Mark string
	Summary                                string
	Base, Head                             imageView
	Warnings                               []warningView
	Budgets, Others                        *metricsView
	Charts                                 []chart
	Named                                  bool // an image of it is known
	Voids                                  bool // a pair does not count
	Stacks                                 *stacks
	Layers                                 []layerView
	LayersLeft                             string
	Ladder                                 []sectionView // one, or none
	Growth                                 *growthView
	Cost                                   *costView
	Workload, Patch                        string // of a manifest; "" where nothing is suggested
	Trials                                 []trialView
	TrialsLeft                             string
	Facts                                  []factView
}

// warningView is a message and the lines it quotes.
type warningView struct {
	Message string
	Quoted  []string
}

type imageView struct{ Image, Digest, Platform string }

type layerView struct {
	Number, Change, Base, Head, Instruction string
	Same                                    bool
}

type costView struct {
	Place, Sentence string
	Causes          []sectionView // one, or none
	Lines           []string
	Bill            []sectionView // one, or none
	Behind          []sectionView // folded
}

type factView struct{ Name, Text string }

// Most of what a page shows, however much a comparison holds.
const (
	pageWidth     = 600  // characters of a foreign string, where there is more room than in a comment
	lineWidth     = 1500 // characters of a line that is put together
	mostWarnings  = 12   // of a service, and of the run
	mostLines     = 20   // of a list
	mostShownRows = 100  // of a table
	mostIndexed   = 200  // services in the list of them
)

func viewOf(c record.Comparison, o Options) view {
	v := view{
		Verdict: word(c.Verdict), Mark: mark(c.Verdict), Line: Headline(c, o), Signed: signed(c, onPage()),
		Tool: clean(c.Tool, nameWidth), Warnings: warningViews(runWarnings(c)),
		Advice: boundedLines(advice(c, o, onPage())), Method: methodOf(c), Links: links(o),
	}
	if !c.Created.IsZero() {
		v.Created = c.Created.UTC().Format(time.RFC1123)
	}
	return v
}

func warningViews(all []warning) []warningView {
	var views []warningView
	for _, w := range all[:min(len(all), mostWarnings)] {
		views = append(views, warningView{clean(w.message, pageWidth), cleaned(w.quoted)})
	}
	if more := len(all) - mostWarnings; more > 0 {
		views = append(views, warningView{Message: plural(more, "more warning")})
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

// boundedLines are as many as a page has room for.
func boundedLines(all []string) []string {
	var out []string
	for _, s := range all[:min(len(all), mostLines)] {
		out = append(out, shorten(s, lineWidth))
	}
	if more := len(all) - mostLines; more > 0 {
		out = append(out, fmt.Sprintf("… and %d more", more))
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

// briefView is what there is always room for: the verdict on each budget.
func briefView(i int, s record.Service) serviceView {
	v := serviceView{
		Anchor: fmt.Sprintf("service-%d", i+1), Name: clean(s.Name, imageWidth), Verdict: word(s.Verdict), Judgement: judgement(s.Verdict), Mark: mark(s.Verdict),
		Summary: budgetCount(s), Warnings: warningViews(serviceWarnings(s)),
	}
	v.Budgets, v.Others = metricTables(s)
	return v
}

func viewOfService(i int, s record.Service) serviceView {
	v := briefView(i, s)
	v.Base, v.Head = viewOfImage(s.Base), viewOfImage(s.Head)
	v.Named = s.Base.Image != "" || s.Head.Image != ""
	v.Charts, v.Voids = charts(s), s.Voided > 0
	v.Cost, v.Growth, v.Ladder = viewOfCost(s.Cost), viewOfGrowth(s), shownViews(laddersOf(s, onPage()))
	v.Trials, v.TrialsLeft = trialViews(s)
	if v.Patch = patchOf(s); v.Patch != "" {
		v.Workload = clean(s.Manifest.Workload, nameWidth)
	}
	v.Layers, v.LayersLeft = layerViews(s)
	v.Stacks = stacksOf(s)
	for _, f := range facts(s) {
		v.Facts = append(v.Facts, factView{f.name, clean(f.text, pageWidth)})
	}
	return v
}

func viewOfImage(r record.Record) imageView {
	return imageView{clean(r.Image, 2*imageWidth), clean(digest(r.Digest), nameWidth), clean(r.Platform, nameWidth)}
}

func layerViews(s record.Service) (views []layerView, left string) {
	rows := layerRows(s.Base.Layers, s.Head.Layers)
	for _, l := range rows[:min(len(rows), mostShownRows)] {
		views = append(views, layerView{dash(l.number()), dash(l.growth()), layerSize(l.base), layerSize(l.head), clean(l.instruction, pageWidth), !l.changed()})
	}
	return views, leftOf(len(rows), "layer")
}

// leftOf says how many rows of a table are left out.
func leftOf(n int, thing string) string {
	if n <= mostShownRows {
		return ""
	}
	return plural(n-mostShownRows, "more "+thing)
}

func viewOfCost(c *record.CostChange) *costView {
	if c == nil {
		return nil
	}
	m := onPage()
	v := &costView{Place: clean(place(*c), pageWidth), Sentence: costSentence(*c), Causes: shownViews(causesSection(*c, m))}
	behind := []section{pricesSection(c.Detail, m)}
	if unmoved(*c) {
		v.Lines = boundedLines(costLines(*c, m))
	} else {
		v.Lines = boundedLines(consequences(*c, m))
		v.Bill = shownViews(changedBill(*c, m))
		behind = append(behindEstimate(c.Detail, m), behind...)
	}
	v.Behind = shownViews(behind...)
	return v
}
