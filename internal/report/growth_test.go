package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func upgraded(name, was, is string, grown record.Bytes) record.PackageChange {
	return record.PackageChange{Name: name, Base: &record.Package{Version: was}, Head: &record.Package{Version: is}, Size: grown}
}

func fresh(name string, size record.Bytes) record.PackageChange {
	return record.PackageChange{Name: name, Head: &record.Package{Version: "9"}, Size: size}
}

// The one line that says why an image grew.
func TestWhy(t *testing.T) {
	of := func(n record.Bytes) *record.Bytes { return &n }
	llvm, numpy := fresh("libllvm15", 38e6), upgraded("numpy", "1.26", "2.1", 3e6)
	for _, c := range []struct {
		growth record.Growth
		want   string
	}{
		{record.Growth{Size: 41e6, Packages: []record.PackageChange{llvm, numpy}}, "+41 MB unpacked: libllvm15 +38 MB, numpy 1.26 → 2.1 +3 MB"},
		{record.Growth{Size: 38e6, Packages: []record.PackageChange{upgraded("libllvm15", "15", "15", 38e6)}}, "+38 MB unpacked: libllvm15 +38 MB"},
		{record.Growth{Size: -38e6, Packages: []record.PackageChange{{Name: "libllvm15", Base: &record.Package{Version: "15"}, Size: -38e6}}}, "-38 MB unpacked: libllvm15 -38 MB"},
		{record.Growth{Size: 38.1e6, Packages: []record.PackageChange{llvm, fresh("tiny", 1e5)}}, "+38.1 MB unpacked: libllvm15 +38 MB"},
		{record.Growth{Size: 0, Packages: []record.PackageChange{llvm, fresh("gone", -38e6)}}, "0 B unpacked: libllvm15 +38 MB, gone -38 MB"},
		{record.Growth{Size: 14e6, Waste: 12e6, Unowned: []record.DirectoryChange{{Path: "/app", Base: 1e6, Head: 3e6}, {Path: "/same", Base: 5, Head: 5}}},
			"+14 MB unpacked: wasted space +12 MB, /app +2 MB"},
		{record.Growth{Size: 8e6, Packages: []record.PackageChange{fresh("a", 2e6), fresh("b", 2e6), fresh("c", 2e6), fresh("d", 1e6), fresh("e", 1e6)}},
			"+8 MB unpacked: a +2 MB, b +2 MB, c +2 MB and 2 more +2 MB"},
		{record.Growth{Size: 41e6, FromImage: of(28e6), Packages: []record.PackageChange{llvm}}, "+41 MB unpacked: libllvm15 +38 MB; of it +28 MB from the FROM image"},
		{record.Growth{Size: 28e6, FromImage: of(28e6)}, "+28 MB unpacked; all of it from the FROM image"},
		{record.Growth{Size: 28e6, FromImage: of(0)}, "+28 MB unpacked"},
	} {
		if got := why(c.growth, onTerminal()); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func grownBy(name string, base float64, size record.Bytes) record.Service {
	return record.Service{Name: name, Metrics: []record.Change{{ID: record.ImageSize, Base: &base}}, Growth: &record.Growth{Size: size}}
}

// One line at most, however many services: that of the image that changed most.
func TestImageLine(t *testing.T) {
	for _, c := range []struct {
		services []record.Service
		want     string
	}{
		{nil, ""},
		{[]record.Service{{Name: "api"}}, ""},
		{[]record.Service{grownBy("api", 1e8, 99_999)}, ""},
		{[]record.Service{grownBy("api", 1e9, 999_999)}, ""},
		{[]record.Service{grownBy("api", 1e8, -100_000)}, "Image -100 kB unpacked"},
		{[]record.Service{grownBy("api", 1e8, 3e6), {Name: "web"}}, "Image of api +3 MB unpacked"},
		{[]record.Service{grownBy("api", 1e8, 3e6), grownBy("web", 1e8, -4e6), grownBy("db", 1e8, 1)}, "Image of web -4 MB unpacked; 1 other image changed, too"},
	} {
		if got := imageLine(record.Comparison{Services: c.services}, onTerminal()); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// What a reader is told before the tables.
func TestOrigin(t *testing.T) {
	from, prefix, pull := record.Bytes(0), record.Bytes(73e6), 38e6
	s := grownBy("api", 1e8, 5e6)
	s.Growth.FromImage, s.Growth.PullPrefix = &from, &prefix
	s.Base.Contents = &record.Contents{From: &record.From{Image: "debian:12", How: "history"}}
	s.Head.Contents = s.Base.Contents
	s.Head.Layers = []record.Layer{{}, {}, {Estimated: true}}
	s.Growth.Rebuilt = []record.Rebuilt{{Head: 0, Compressed: 1e6}, {Head: 2, Compressed: 2e6}}
	s.Metrics = append(s.Metrics, record.Change{ID: record.ImagePull, Unit: record.UnitBytes, Head: &pull})
	want := []string{
		"0 B from the FROM image (debian:12), +5 MB from this change; both guessed from the history",
		"a node that holds base pulls 38 MB, or 73 MB where only a common prefix of layers is shared",
		"layers 1 and 3 rebuilt, content identical: ≈3 MB pulled again for nothing. With BuildKit, set SOURCE_DATE_EPOCH in the environment of " +
			"docker buildx build --output type=…,rewrite-timestamp=true; with another builder, reuse base's layers with --cache-from",
	}
	if d := cmp.Diff(want, origin(s, onTerminal())); d != "" {
		t.Errorf("origin (-want +got):\n%s", d)
	}
	if got := origin(grownBy("api", 1, 1), onTerminal()); len(got) != 0 {
		t.Errorf("nothing is known, yet %q is told", got)
	}
}

func TestCopied(t *testing.T) {
	for instruction, want := range map[string]string{
		"RUN chmod -R +x /app":          "chmod duplicated 120 MB in layer 5: use COPY --chmod",
		"RUN chown -R app /app":         "chown duplicated 120 MB in layer 5: use COPY --chown",
		"RUN chown a /a && chmod +x /a": "chmod and chown duplicated 120 MB in layer 5: use COPY --chmod --chown",
		"COPY --chmod=755 . /app":       "copying what was there duplicated 120 MB in layer 5: copy each file once",
		"":                              "a change of mode, owner or time duplicated 120 MB in layer 5: set mode and owner with COPY --chmod and --chown",
	} {
		layers := []record.Layer{{}, {}, {}, {}, {Instruction: instruction}}
		waste := []record.Waste{{Kind: record.Copied, Killer: 4, Size: 100e6}, {Kind: record.Deleted, Killer: 4, Size: 7e6}, {Kind: record.Copied, Killer: 4, Size: 20e6}}
		if got := copies(waste, layers); len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want %q", instruction, got, want)
		}
	}
}

// A comparison tells of head's waste and advice only where they are new or large.
func TestWhatMatters(t *testing.T) {
	deleted := func(path string, size record.Bytes) record.Waste {
		return record.Waste{Kind: record.Deleted, Path: path, Size: size}
	}
	was := &record.Contents{
		Waste:  []record.Waste{deleted("/same", 2e6), deleted("/grown", 2e6), deleted("/huge", 10e6)},
		Advice: []record.Advice{{Rule: "pip", Saves: 2e6}, {Rule: "docs", Saves: 2e6}},
	}
	is := &record.Contents{
		Live:   100e6,
		Waste:  []record.Waste{deleted("/huge", 10e6), deleted("/grown", 1.5e6), deleted("/grown", 1.5e6), deleted("/same", 2e6), deleted("/new", 2e5), deleted("/crumb", 5e4)},
		Advice: []record.Advice{{Rule: "git", Saves: 9e5}, {Rule: "pip", Saves: 2e6}, {Rule: "docs", Saves: 2.05e6}, {Rule: "big", Saves: 6e6}},
	}
	told := func(base *record.Contents) string {
		s := record.Service{Base: record.Record{Contents: base}, Head: record.Record{Contents: is}}
		var names []string
		for _, w := range wasteThatMatters(s) {
			names = append(names, w.Path)
		}
		for _, a := range adviceThatMatters(s) {
			names = append(names, a.Rule)
		}
		return strings.Join(names, " ")
	}
	if got, want := told(was), "/huge /grown /grown /new git big"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
	if got, want := told(nil), "/huge big"; got != want {
		t.Errorf("without base told %s, want %s", got, want)
	}
}

func TestSectionsAreCut(t *testing.T) {
	var all []record.Directory
	for range 15 {
		all = append(all, record.Directory{Path: "/d", Size: 1_000_000})
	}
	s := unownedSection(record.Contents{Unowned: all}, onTerminal())
	if len(s.rows) != 10 || s.rest(10) != "5 more paths, 5 MB" {
		t.Errorf("%d rows and %q, want 10 and 5 more of 5 MB", len(s.rows), s.rest(10))
	}
	// A medium that has less room cuts more, and adds that up, too.
	if md := s.markdown(230); !strings.Contains(md, "\n… and 8 more paths, 8 MB.\n") {
		t.Errorf("cut to 230 bytes:\n%s", md)
	}
	if d := cmp.Diff([]string{"size:", "in"}, s.heads()); d != "" {
		t.Errorf("columns without a value are shown (-want +got):\n%s", d)
	}
	if s := unownedSection(record.Contents{Unowned: []record.Directory{{Path: "/empty"}}}, onTerminal()); !s.empty() || s.markdown(8000) != "" {
		t.Error("a section of nothing is shown")
	}
}

// What the advice says of copies is not said twice.
func TestCopiesAreToldOnce(t *testing.T) {
	waste := []record.Waste{{Kind: record.Copied, Size: 12e6}}
	c := &record.Contents{Waste: waste, Advice: []record.Advice{{Rule: "apt-lists"}}}
	if got := wasteSection("wasted", record.Record{Contents: c}, waste, onTerminal()).notes; len(got) != 1 {
		t.Errorf("notes %q, want one", got)
	}
	c.Advice = append(c.Advice, record.Advice{Rule: "waste-copied"})
	if got := wasteSection("wasted", record.Record{Contents: c}, waste, onTerminal()).notes; len(got) != 0 {
		t.Errorf("notes %q beside the advice, want none", got)
	}
}

// Files that changed in content alone do not make an image larger, yet they are
// what changed.
func TestFilesOfEqualSize(t *testing.T) {
	size := record.Bytes(4000)
	g := record.Growth{Changed: record.Tally{Files: 2}}
	s := record.Service{Growth: &g}
	told := sectionsOf(s, onTerminal())
	if len(told) != 1 || told[0].notes[0] != "all files: 2 changed (0 B)" {
		t.Fatalf("sections %+v, want one with the tally", told)
	}
	if got, want := sectionsOf(s, inMarkdown(mostRows))[0].markdown(tableBytes), "**Files that changed**\n\n- all files: 2 changed (0 B)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	g.Files = []record.FileChange{{Path: "/app/main.py", Base: &size, Head: &size}}
	if d := cmp.Diff([][]string{{"content", "4 kB", "4 kB", "/app/main.py"}}, sectionsOf(s, onTerminal())[0].rows); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
}

func TestGrowthWithoutFiles(t *testing.T) {
	s := record.Service{Growth: &record.Growth{Size: 5, NoFiles: true}}
	if d := cmp.Diff([]string{"base is a saved record: its files cannot be compared"}, origin(s, onTerminal())); d != "" {
		t.Errorf("origin (-want +got):\n%s", d)
	}
	if told := sectionsOf(s, onTerminal()); len(told) != 0 {
		t.Errorf("sections %+v, want none", told)
	}
}

// A FROM image that is a guess is called one wherever it is told of.
func TestHowTheFromImageIsKnown(t *testing.T) {
	of := func(how string) record.Record {
		return record.Record{Contents: &record.Contents{From: &record.From{Image: "debian:12", How: how}}}
	}
	for _, c := range []struct{ base, head, origin, why string }{
		{"engine", "engine", "; both known from the engine", ""},
		{"annotation", "annotation", "; both named by an annotation", ""},
		{"history", "history", "; both guessed from the history", " (a guess)"},
		{"engine", "history", "; base known from the engine, head guessed from the history", " (a guess)"},
		{"", "", "; both known from elsewhere", ""},
	} {
		s := grownBy("api", 1e8, 5e6)
		from := record.Bytes(2e6)
		s.Growth.FromImage, s.Base, s.Head = &from, of(c.base), of(c.head)
		if got, want := origin(s, onTerminal())[0], "+2 MB from the FROM image (debian:12), +3 MB from this change"+c.origin; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got, want := whyOf(s, onTerminal()), "+5 MB unpacked; of it +2 MB from the FROM image"+c.why; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// A waste all over an image is told by the place that holds the most of it.
func TestWasteInManyPlaces(t *testing.T) {
	all := []record.Waste{
		{Kind: record.Deleted, Killer: 1, Size: 30e6, Path: "/", Most: "/opt/big", MostSize: 20e6},
		{Kind: record.Deleted, Killer: 1, Size: 5e6, Path: "/var/cache"},
	}
	for want, m := range map[string]medium{"/opt/big (20 MB) and more": onTerminal(), "`/opt/big` (20\u00a0MB) and more": inMarkdown(mostRows)} {
		if got := whatOf(all[0], m); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := wasteSection("wasted", record.Record{}, all, onTerminal()).rows[1][3]; got != "/var/cache" {
		t.Errorf("one place is told as %q", got)
	}
}

func TestKindsOfPackages(t *testing.T) {
	all := []record.Package{{Ecosystem: record.Debian, Size: 80e6}, {Ecosystem: record.Python}, {Ecosystem: record.Go, Size: 2e6}, {Ecosystem: record.Python}}
	if d := cmp.Diff([]string{"by kind: deb 80 MB in 1 package, go 2 MB in 1 package"}, kindsOfPackages(all)); d != "" {
		t.Errorf("kinds (-want +got):\n%s", d)
	}
	if got := kindsOfPackages(all[:2]); got != nil {
		t.Errorf("one kind with bytes, yet %q is told", got)
	}
}
