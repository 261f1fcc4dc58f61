package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// inRepository is a comparison whose budgets stand in a file of the repository.
func inRepository(c record.Comparison) record.Comparison {
	c.Config = "deploy/plimsoll.yml"
	c.Created = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)
	for i := range c.Services {
		for j := range c.Services[i].Metrics {
			c.Services[i].Metrics[j].Line = 10 + j
		}
	}
	return c
}

// forCI renders a comparison for CI systems and compares with testdata/name.*.
func forCI(t *testing.T, name string, c record.Comparison) {
	t.Helper()
	compare(t, name+".junit.xml.golden", junit(t, c))
	body, err := report.CodeQuality(c)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, name+".code-quality.json.golden", body)
}

func TestForCI(t *testing.T) {
	undecidedFails := inRepository(undecided())
	undecidedFails.OnInconclusive = record.Fail
	for name, c := range map[string]record.Comparison{
		"fail": inRepository(failing()), "inconclusive-fails": undecidedFails, "lost": lostService(), "hostile": hostile(), "nothing": comparison(),
	} {
		forCI(t, name, c)
	}
}

// Services of several configurations: each budget stands in its own.
func TestBudgetsStandInTheServicesOwnConfiguration(t *testing.T) {
	c := inRepository(severalServices())
	c.Config, c.Services[0].Config, c.Services[1].Config = "", "a/plimsoll.yml", "b/plimsoll.yml"
	for i := range c.Services {
		c.Services[i].Verdict = record.Fail
		for j := range c.Services[i].Metrics {
			c.Services[i].Metrics[j].Verdict = record.Fail
		}
	}
	files := map[string]bool{}
	for _, f := range findings(t, c) {
		files[f.Location.Path] = true
	}
	xml, comment := string(junit(t, c)), string(report.Markdown(c, report.Options{Limit: report.SummaryLimit}))
	if want := "in `a/plimsoll.yml`, `b/plimsoll.yml` and `plimsoll.yml`"; !strings.Contains(comment, want) {
		t.Errorf("no advice to raise the budgets %s:\n%s", want, comment)
	}
	for _, file := range []string{"a/plimsoll.yml", "b/plimsoll.yml"} {
		if !files[file] || !strings.Contains(xml, ` file="`+file+`"`) || !strings.Contains(xml, file+":1") {
			t.Errorf("nothing stands in %s: findings in %v, tests in\n%s", file, files, xml)
		}
	}
}

// lostService is one that could not be measured at all.
func lostService() record.Comparison {
	c := inRepository(severalServices())
	c.Services = append(c.Services, record.Service{Name: "worker", Verdict: record.Missing, Warnings: []string{"load the images: no such image"}})
	c.Verdict = record.Missing
	return c
}

// junit renders a comparison and checks the form.
func junit(t fataler, c record.Comparison) []byte {
	t.Helper()
	body := report.JUnit(c)
	if err := checkJUnit(body); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return body
}

type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// junitForm is what Jenkins' schema of JUnit's XML
// (https://github.com/jenkinsci/xunit-plugin, junit-10.xsd) has of the elements
// that are used: where each may stand, and its attributes, with "!" those that
// must be there.
var junitForm = map[string]struct {
	in         string
	attributes []string
}{
	"testsuites": {"", []string{"name", "tests", "failures", "errors"}},
	"testsuite":  {"testsuites", []string{"name!", "tests!", "failures!", "errors!", "skipped", "timestamp", "file"}},
	"testcase":   {"testsuite", []string{"name!", "classname"}},
	"failure":    {"testcase", []string{"type", "message"}},
	"error":      {"testcase", []string{"type", "message"}},
	"skipped":    {"testcase", []string{"type", "message"}},
	"system-out": {"testcase", nil},
}

// checkJUnit holds every element against the form, and the counts against what
// is there. The decoder refuses characters that XML 1.0 does not have.
func checkJUnit(body []byte) error {
	d := xml.NewDecoder(bytes.NewReader(body))
	open := []string{""}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return checkCounts(body)
		}
		if err != nil {
			return err
		}
		switch e := token.(type) {
		case xml.StartElement:
			if err := checkElement(e, open[len(open)-1]); err != nil {
				return err
			}
			open = append(open, e.Name.Local)
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
}

func checkElement(e xml.StartElement, parent string) error {
	form, known := junitForm[e.Name.Local]
	if !known || form.in != parent {
		return fmt.Errorf("element %s in %q", e.Name.Local, parent)
	}
	given := map[string]bool{}
	for _, a := range e.Attr {
		given[a.Name.Local] = true
		if !slices.Contains(form.attributes, a.Name.Local) && !slices.Contains(form.attributes, a.Name.Local+"!") {
			return fmt.Errorf("attribute %s of %s", a.Name.Local, e.Name.Local)
		}
	}
	for _, name := range form.attributes {
		if must, is := strings.CutSuffix(name, "!"); is && !given[must] {
			return fmt.Errorf("%s without %s", e.Name.Local, must)
		}
	}
	return nil
}

type suites struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Suites   []struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
		Cases    []struct {
			Name    string    `xml:"name,attr"`
			Class   string    `xml:"classname,attr"`
			Failure *struct{} `xml:"failure"`
			Error   *struct{} `xml:"error"`
			Skipped *struct{} `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func checkCounts(body []byte) error {
	var all suites
	if err := xml.Unmarshal(body, &all); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, s := range all.Suites {
		for _, c := range s.Cases {
			id := c.Class + "\x00" + c.Name
			if seen[id] {
				return fmt.Errorf("test %q stands twice: the second would be dropped", id)
			}
			seen[id] = true
			all.Tests, s.Tests = all.Tests-1, s.Tests-1
			if c.Failure != nil {
				all.Failures, s.Failures = all.Failures-1, s.Failures-1
			}
			if c.Error != nil {
				all.Errors, s.Errors = all.Errors-1, s.Errors-1
			}
			if c.Skipped != nil {
				s.Skipped--
			}
		}
		if s.Tests != 0 || s.Failures != 0 || s.Errors != 0 || s.Skipped != 0 {
			return errors.New("the counts of a suite are wrong")
		}
	}
	if all.Tests != 0 || all.Failures != 0 || all.Errors != 0 {
		return errors.New("the counts are wrong")
	}
	return nil
}

func TestJUnitFormCanBeBroken(t *testing.T) {
	for _, body := range []string{
		`<testsuites><testcase name="a"/></testsuites>`, `<testsuites><testsuite name="a" tests="0" failures="0"/></testsuites>`,
		`<testsuites tests="1"/>`, `<testsuites colour="red"/>`, "<testsuites name=\"\x01\"/>", `<testsuites>`,
		`<testsuites tests="2"><testsuite name="a" tests="2" failures="0" errors="0"><testcase name="a"/><testcase name="a"/></testsuite></testsuites>`,
	} {
		if checkJUnit([]byte(body)) == nil {
			t.Errorf("%s was found in order", body)
		}
	}
}

// Whatever a stranger's names and notes hold, every budget is one test, and
// none that fails is lost.
func TestAnyTextIsATest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\x00\x1b[31m", "]]>", "<failure/>", "&#0;", "\ufffe\uffff", "\xff\xfe", "a\nb", "../../etc/passwd", "./x"}))
		verdicts := rapid.SampledFrom([]record.Verdict{record.Pass, record.Fail, record.Inconclusive, record.Missing, record.None, record.Accepted, "odd"})
		c := record.Comparison{Config: text.Draw(t, "config"), OnInconclusive: rapid.SampledFrom([]record.Verdict{"", record.Fail, record.Neutral}).Draw(t, "on")}
		tests, wrong := 0, 0
		for range rapid.IntRange(0, 3).Draw(t, "services") {
			s := record.Service{Name: text.Draw(t, "name"), Verdict: record.Fail}
			for range rapid.IntRange(0, 5).Draw(t, "metrics") {
				m := record.Change{ID: record.MetricID(text.Draw(t, "id")), Verdict: verdicts.Draw(t, "verdict"), Note: text.Draw(t, "note"), Line: rapid.IntRange(-1, 9).Draw(t, "line")}
				s.Metrics = append(s.Metrics, m)
				if m.Verdict.Known() && m.Verdict != record.None {
					tests++
				}
				if m.Verdict == record.Fail || m.Verdict == record.Inconclusive || m.Verdict == record.Missing || m.Verdict == record.Accepted {
					wrong++
				}
			}
			c.Services = append(c.Services, s)
		}
		var got suites
		if err := xml.Unmarshal(junit(t, c), &got); err != nil || got.Tests != tests {
			t.Fatalf("%d tests, %v, want %d", got.Tests, err, tests)
		}
		if all := findings(t, c); len(all) != wrong {
			t.Fatalf("%d findings, want %d", len(all), wrong)
		}
	})
}

type finding struct {
	Description string `json:"description"`
	CheckName   string `json:"check_name"`
	Fingerprint string `json:"fingerprint"`
	Severity    string `json:"severity"`
	Location    struct {
		Path  string `json:"path"`
		Lines struct {
			Begin int `json:"begin"`
		} `json:"lines"`
	} `json:"location"`
}

// findings are those of a code-quality report, each checked for what GitLab
// documents to need: all of it, one of five severities, a relative path.
func findings(t fataler, c record.Comparison) []finding {
	t.Helper()
	body, err := report.CodeQuality(c)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	var all []finding
	if err := d.Decode(&all); err != nil || all == nil {
		t.Fatalf("%v: %s", err, body)
	}
	seen := map[string]bool{}
	for _, f := range all {
		path := f.Location.Path
		if f.Description == "" || f.CheckName == "" || seen[f.Fingerprint] || f.Location.Lines.Begin < 1 ||
			!slices.Contains([]string{"info", "minor", "major", "critical", "blocker"}, f.Severity) ||
			path == "" || strings.HasPrefix(path, "/") || strings.HasPrefix(path, "./") || strings.HasPrefix(path, "../") {
			t.Fatalf("%+v", f)
		}
		seen[f.Fingerprint] = true
	}
	return all
}

// GitLab tells what is new by the fingerprint: it is the budget's, whatever was
// measured and wherever the budget moved in the file.
func TestFingerprintsStay(t *testing.T) {
	first := inRepository(failing())
	again := inRepository(failing())
	for i := range again.Services[0].Metrics {
		m := &again.Services[0].Metrics[i]
		m.Note, m.Line, m.Head = "another day", m.Line+7, m.Base
	}
	before, after := findings(t, first), findings(t, again)
	if len(before) == 0 || len(before) != len(after) {
		t.Fatalf("%d findings, then %d", len(before), len(after))
	}
	for i := range before {
		if before[i].Fingerprint != after[i].Fingerprint || before[i].Location == after[i].Location {
			t.Errorf("%+v, then %+v", before[i], after[i])
		}
	}
}
