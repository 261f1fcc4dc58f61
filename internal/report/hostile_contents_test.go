package report_test

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// hostileContents puts the worst into every foreign string of an image's
// contents, and impossible numbers beside them.
func hostileContents() record.Comparison {
	c := grown()
	s := &c.Services[0]
	long := evil + strings.Repeat("A|`<", 2500)
	for _, r := range []*record.Record{&s.Base, &s.Head} {
		for i := range r.Layers {
			r.Layers[i].Instruction = "RUN chmod " + evil
		}
		r.Contents = evilContents(evil, long)
	}
	s.Head.Contents.From.Image = long
	s.Growth = evilGrowth(evil, long)
	s.Head.Contents.Advice = append(s.Head.Contents.Advice, record.Advice{Rule: long, Saves: math.MaxInt64, What: evil, Remedy: evil, Layer: 1})
	return c
}

func evilContents(evil, long string) *record.Contents {
	return &record.Contents{
		From:     &record.From{Image: evil, Layers: -3, Size: math.MinInt64, How: evil},
		Live:     -5,
		Packages: []record.Package{{Ecosystem: record.Ecosystem(evil), Name: long, Version: evil, Size: math.MaxInt64, Files: -1, In: evil}, {Name: evil, Version: long, Size: math.MaxInt64}},
		Unowned:  []record.Directory{{Path: evil, Size: math.MinInt64}, {Path: long, Size: 1}},
		Files:    []record.File{{Path: evil, Size: 3, Layer: math.MaxInt, Owner: evil}, {Path: long, Size: 3, Layer: math.MinInt, Owner: long}},
		Waste: []record.Waste{
			{Kind: record.Copied, Layer: -1, Killer: 1, Size: math.MaxInt64, Path: evil},
			{Kind: record.WasteKind(evil), Layer: 0, Killer: math.MaxInt, Size: math.MaxInt64, Path: long, Most: evil, MostSize: math.MinInt64},
			{Kind: record.Deleted, Size: math.MaxInt64, Path: "/", Most: long},
			{Kind: record.Copied, Killer: math.MinInt, Size: math.MaxInt64},
		},
		Advice: []record.Advice{{Rule: evil, Saves: math.MaxInt64, What: long, Remedy: long, Layer: 0}, {Rule: evil, Saves: math.MinInt64, What: evil, Layer: math.MaxInt}},
		Tree:   evilTree(evil, long),
	}
}

func evilTree(evil, long string) *record.Area {
	deep := &record.Area{Name: evil, Head: 1 << 40}
	for range 500 {
		deep = &record.Area{Name: evil, Base: math.MaxInt64, Head: math.MinInt64, Children: []record.Area{*deep, {Name: long, Base: 1 << 39, Head: 1 << 40}}}
	}
	return &record.Area{Name: evil, Children: []record.Area{*deep, {Name: evil, Head: 1 << 40}, {Base: -1, Head: -1}, {}}}
}

func evilGrowth(evil, long string) *record.Growth {
	from, prefix, size := record.Bytes(math.MinInt64), record.Bytes(-1), record.Bytes(math.MaxInt64)
	both := &record.Package{Name: evil, Version: long, Size: math.MaxInt64}
	return &record.Growth{
		Size: math.MaxInt64, FromImage: &from, PullPrefix: &prefix, Waste: math.MinInt64,
		Packages: []record.PackageChange{{Ecosystem: record.Ecosystem(long), Name: evil, In: long, Base: both, Head: &record.Package{Version: evil}, Size: math.MinInt64}, {Name: long}, {}},
		Unowned:  []record.DirectoryChange{{Path: evil, Base: math.MinInt64, Head: math.MaxInt64}, {Path: long, Head: 1}},
		Files:    []record.FileChange{{Path: evil, Base: &size, Owner: evil}, {Path: long, Head: &from, Owner: long}, {}},
		Added:    record.Tally{Files: -1, Size: math.MinInt64}, Removed: record.Tally{Files: math.MaxInt, Size: math.MinInt64},
		Rebuilt: []record.Rebuilt{{Base: -1, Head: math.MaxInt, Compressed: math.MaxInt64}, {Head: -1}, {}, {}, {}, {}, {}},
		Tree:    evilTree(evil, long),
	}
}

func TestHostileContents(t *testing.T) {
	c := hostileContents()
	sound(t, string(report.Markdown(c, pull())), report.DefaultLimit)
	noForeignMarkup(t, string(report.Markdown(c, pull())))
	noForeignMarkup(t, string(report.RecordMarkdown(c.Services[0].Head, report.Options{})))
	for width := 40; width < 140; width += 11 {
		out := report.Terminal(c, report.Options{Width: width})
		noCommand(t, width, append(out, report.RecordTerminal(c.Services[0].Head, report.Options{Width: width})...))
	}
}

// noForeignMarkup expects no tags but our own, and no mention, reference or
// link outside of code.
func noForeignMarkup(t *testing.T, md string) {
	t.Helper()
	rest := ownTags.ReplaceAllString(md, "")
	rest = regexp.MustCompile("`[^`\n]*`").ReplaceAllString(rest, "")
	if i := strings.IndexAny(rest, "<"); i >= 0 {
		t.Errorf("foreign tag at %q", rest[i:min(len(rest), i+60)])
	}
	rest = regexp.MustCompile(`<code>.*?</code>`).ReplaceAllString(rest, "")
	for _, bad := range []string{"@everyone", "#123", "GH-7", "https://evil", "www.evil", "\u202e", "\x1b", "**bold**"} {
		if strings.Contains(rest, bad) {
			t.Errorf("%q stands outside of code", bad)
		}
	}
}

// noCommand expects no line that a CI runner would take for a command.
func noCommand(t *testing.T, width int, out []byte) {
	t.Helper()
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.ContainsAny(line, "\x1b\r") {
			t.Errorf("at width %d: %q", width, line)
		}
	}
}
