package report_test

import (
	"path/filepath"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/golden"
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// forPeople renders a comparison for people and compares with testdata/name.*.
func forPeople(t *testing.T, name string, c record.Comparison) {
	t.Helper()
	compare(t, name+".md.golden", report.Markdown(c, pull()))
	compare(t, name+".txt.golden", report.Terminal(c, report.Options{}))
}

// pull are the options of a comment on a pull request.
func pull() report.Options {
	return report.Options{
		Subject: "This pull request", Label: "plimsoll: accept",
		Head:  report.Commit{SHA: "4f6c1de0a5b7", URL: "https://github.com/o/r/commit/4f6c1de0a5b7"},
		Base:  report.Commit{SHA: "0b1a2c3d4e5f", URL: "https://github.com/o/r/commit/0b1a2c3d4e5f"},
		Links: []report.Link{{Text: "job summary", URL: "https://github.com/o/r/actions/runs/1"}},
		Rest:  report.Link{Text: "job summary", URL: "https://github.com/o/r/actions/runs/1"},
	}
}

func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	golden.Compare(t, filepath.Join("testdata", file), string(got))
}

func TestFail(t *testing.T)         { forPeople(t, "fail", failing()) }
func TestPass(t *testing.T)         { forPeople(t, "pass", passing()) }
func TestInconclusive(t *testing.T) { forPeople(t, "inconclusive", undecided()) }
func TestMissing(t *testing.T)      { forPeople(t, "missing", missing()) }
func TestNone(t *testing.T)         { forPeople(t, "none", unbudgeted()) }
func TestCostOnly(t *testing.T)     { forPeople(t, "cost", costOnly()) }
func TestStatic(t *testing.T)       { forPeople(t, "static", static()) }
func TestHostile(t *testing.T)      { forPeople(t, "hostile", hostile()) }
func TestSeveral(t *testing.T)      { forPeople(t, "several", severalServices()) }
func TestManyServices(t *testing.T) { compare(t, "many.md.golden", report.Markdown(many(200), pull())) }
func TestNothing(t *testing.T)      { forPeople(t, "nothing", comparison()) }

func TestRecord(t *testing.T) {
	r := booted(failing().Services[0]).Head
	r.Warnings = []string{"listens on loopback only"}
	r.Metrics[record.ImageCompressed] = record.Measured{Unit: record.UnitBytes, Value: 79_101_300, Estimated: true}
	compare(t, "record.txt.golden", report.RecordTerminal(r, report.Options{}))
	compare(t, "record.md.golden", report.RecordMarkdown(r, report.Options{}))
}

func TestGrown(t *testing.T)   { forPeople(t, "grown", grown()) }
func TestSwapped(t *testing.T) { forPeople(t, "swapped", swapped()) }

func TestInspect(t *testing.T) {
	for name, r := range map[string]record.Record{"inspect": flask(), "small": gin()} {
		compare(t, name+".txt.golden", report.RecordTerminal(r, report.Options{Width: 120}))
		compare(t, name+".md.golden", report.RecordMarkdown(r, report.Options{}))
	}
}
