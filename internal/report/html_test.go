package report_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

func page(t *testing.T, c record.Comparison) []byte {
	t.Helper()
	out, err := report.HTML(c, pull())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestHTMLIsWellFormedAndAlone(t *testing.T) {
	for name, c := range map[string]record.Comparison{
		"fail": failing(), "pass": passing(), "inconclusive": undecided(), "missing": missing(), "none": unbudgeted(),
		"cost": costOnly(), "static": static(), "hostile": hostile(), "several": severalServices(), "nothing": comparison(),
		"grown": grown(), "swapped": swapped(), "hostile-image": hostileContents(),
	} {
		t.Run(name, func(t *testing.T) { shown(t, "compare-"+name, page(t, c)) })
	}
	for name, r := range map[string]record.Record{
		"flask": flask(), "gin": gin(), "hostile": hostileContents().Services[0].Head, "booted": booted(failing().Services[0]).Head, "nothing": {},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := report.RecordHTML(r)
			if err != nil {
				t.Fatal(err)
			}
			shown(t, "inspect-"+name, out)
		})
	}
}

var pages = flag.String("pages", "", "write the HTML pages of the tests into this `directory`, to be looked at")

// shown checks a page, and writes it where that is asked for.
func shown(t *testing.T, name string, page []byte) {
	t.Helper()
	wellFormed(t, page)
	for _, bad := range []string{"NaN", "Inf", "e+"} {
		if i := bytes.Index(page, []byte("=\""+bad)); i >= 0 {
			t.Errorf("a coordinate is %s", page[i:i+20])
		}
	}
	if *pages == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(*pages, name+".html"), page, 0o644); err != nil {
		t.Fatal(err)
	}
}

// void elements have no end tag; https://html.spec.whatwg.org/#void-elements
var void = map[string]bool{"meta": true, "br": true}

// elements are all the page may consist of: a foreign string that broke out
// would bring another one.
var elements = strings.Fields("html head meta title style body header h1 h2 h3 p a ul li nav main section span dl dt dd " +
	"code br div table thead tbody tr th td small svg desc h4 pre polygon line rect circle path polyline text figure figcaption details summary footer")

func wellFormed(t *testing.T, page []byte) {
	t.Helper()
	allowed := map[string]bool{}
	for _, e := range elements {
		allowed[e] = true
	}
	var open []string
	z := html.NewTokenizer(bytes.NewReader(page))
	for {
		kind := z.Next()
		token := z.Token()
		switch kind {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) || len(open) > 0 {
				t.Errorf("page ends with %v, open elements %v", z.Err(), open)
			}
			return
		case html.StartTagToken:
			if !void[token.Data] {
				open = append(open, token.Data)
			}
			fallthrough
		case html.SelfClosingTagToken:
			if !allowed[token.Data] {
				t.Errorf("unexpected element %s", token)
			}
			local(t, token)
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("</%s> closes %v", token.Data, open)
			}
			open = open[:len(open)-1]
		}
	}
}

// local refuses attributes that run or fetch something.
func local(t *testing.T, token html.Token) {
	t.Helper()
	for _, a := range token.Attr {
		key, value := strings.ToLower(a.Key), strings.ToLower(a.Val)
		if strings.HasPrefix(key, "on") || key == "src" || key == "style" {
			t.Errorf("attribute %s=%q of %s", key, value, token.Data)
		}
		if key == "href" && !strings.HasPrefix(value, "https://github.com/") && !strings.HasPrefix(value, "#service-") {
			t.Errorf("link to %q", value)
		}
	}
}

func TestHTMLDrawsWhatWasMeasured(t *testing.T) {
	got := string(page(t, failing()))
	counts := map[string]int{
		`<polyline class="estimate"`:   2,  // two budgets on what was booted
		`<polygon class="band"`:        2,  //
		`class="dot pair"`:             22, // 12 pairs, one of them left out, no warm-up
		`class="dot pair voided"`:      2,  //
		`<polyline class="faint base"`: 10, // eleven boots that count: the median one and the others
		`<polyline class="faint head"`: 10, //
		`<polyline class="line head"`:  1,  // no latencies were measured
		`<rect class="box base"`:       2,
		`<circle class="dot head"`:     2*11 + 1, // and the moment of readiness
		`class="range"`:                5,        // one bar per sampled metric
		`<line class="limit" x1="92"`:  3,        // of two trends with a budget, and of the memory over time
		`<text class="limit"`:          4,        // and the highest that is allowed
	}
	for what, want := range counts {
		if n := strings.Count(got, what); n != want {
			t.Errorf("%d times %s, want %d", n, what, want)
		}
	}
}

// The picture of a comparison shows each change in its colour, and only then
// does the page carry the style for it.
func TestHTMLDrawsTheImage(t *testing.T) {
	got := string(page(t, grown()))
	for what, want := range map[string]int{
		`<rect class="tile added"`:     6, // libLLVM and the package lists, and four layers
		`<rect class="tile gone"`:      6, // mawk and the translations, and four layers
		`<rect class="more"`:           4, // the grown part of four tiles
		`<rect class="less"`:           1,
		`libLLVM-15.so.1: new, 37.9`:   2, // and in words
		`class="swatch added"></span>`: 2,
		`<figure class="picture">`:     1,
		`<li>/usr`:                     9, // in words
		`<td class="n" data-name="change">&#43;38 MB</td><td class="n" data-name="base">–</td><td class="n" data-name="head">38 MB</td><td data-name="package"><code>libllvm15</code></td>`: 1,
	} {
		if n := strings.Count(got, what); n != want {
			t.Errorf("%d times %s, want %d", n, what, want)
		}
	}
	for name, c := range map[string]record.Comparison{"without contents": failing(), "without a tree": swapped()} {
		if plain := string(page(t, c)); strings.Contains(plain, `<figure class="picture">`) {
			t.Errorf("a picture %s", name)
		}
	}
}

// No number that was asked to be drawn may end up as NaN in the page.
func TestHTMLSurvivesOddTimelines(t *testing.T) {
	c := failing()
	c.Services[0].Head.Trials[1].Memory = record.Timeline{
		At: []record.Seconds{math.MaxFloat64, -math.MaxFloat64, 1}, Unreclaimable: []record.Bytes{math.MaxInt64, -5},
	}
	c.Services[0].Head.Trials[2].Metrics[record.StartupReady] = math.MaxFloat64
	c.Services[0].Head.Trials[3].Metrics[record.StartupReady] = -math.MaxFloat64
	c.Services[0].Metrics[2].Ratio = &record.Ratio{Ratio: 1e308, Low: -1, High: 1e308, Level: 0.5}
	got := page(t, c)
	wellFormed(t, got)
	for _, bad := range []string{"NaN", "Inf"} {
		if strings.Contains(string(got), bad) {
			t.Errorf("page contains %s", bad)
		}
	}
}

// Without boots and budgets the page has no columns for them.
func TestHTMLLeavesEmptyColumnsOut(t *testing.T) {
	heads := func(c record.Comparison) string {
		_, table, _ := strings.Cut(string(page(t, c)), `<table class="metrics">`)
		head, _, _ := strings.Cut(table, "</thead>")
		return head
	}
	bare, full := heads(swapped()), heads(failing())
	for _, column := range []string{"interval", "budget", "verdict"} {
		if strings.Contains(bare, column) {
			t.Errorf("nothing fills %s, yet it is shown: %s", column, bare)
		}
		if !strings.Contains(full, column) {
			t.Errorf("%s is not shown: %s", column, full)
		}
	}
}
