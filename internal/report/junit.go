package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// junitSuite is one service.
type junitSuite struct {
	name, file, timestamp            string
	tests, failures, errors, skipped int
	cases                            bytes.Buffer
}

// JUnit writes the comparison as test results, which nearly every CI system
// reads: a suite for each service and a test for each budget. A budget that is
// broken fails its test, one that could not be measured is an error, and one
// that is not decided is skipped, unless the user has it fail.
//
// The elements are those that Jenkins, GitLab and others agree on. GitLab shows
// an element's content and takes classname for the suite's name
// (https://docs.gitlab.com/ci/testing/unit_test_reports/), others show the
// attribute message: so the sentence stands in both.
func JUnit(c record.Comparison) []byte {
	var suites []*junitSuite
	at := map[string]*junitSuite{}
	for _, j := range judge(c) {
		s, there := at[j.service]
		if !there {
			s = &junitSuite{name: j.service, file: j.file, timestamp: junitTime(c.Created)}
			at[j.service] = s
			suites = append(suites, s)
		}
		s.add(j)
	}
	return junitOf(suites)
}

func junitOf(suites []*junitSuite) []byte {
	var sum junitSuite
	for _, s := range suites {
		sum.tests, sum.failures, sum.errors = sum.tests+s.tests, sum.failures+s.failures, sum.errors+s.errors
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s<testsuites name=\"plimsoll\" tests=\"%d\" failures=\"%d\" errors=\"%d\">\n", xml.Header, sum.tests, sum.failures, sum.errors)
	for _, s := range suites {
		fmt.Fprintf(&out, "  <testsuite%s tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\"%s%s>\n%s  </testsuite>\n",
			attribute("name", s.name), s.tests, s.failures, s.errors, s.skipped,
			attribute("timestamp", s.timestamp), attribute("file", s.file), s.cases.Bytes())
	}
	out.WriteString("</testsuites>\n")
	return out.Bytes()
}

// add counts a budget and makes it a test.
func (s *junitSuite) add(j judged) {
	s.tests++
	text, element := j.text, "system-out"
	switch j.verdict {
	case record.Fail:
		element = "failure"
		s.failures++
	case record.Missing:
		element = "error"
		s.errors++
	case record.Inconclusive:
		element = "skipped"
		s.skipped++
	}
	said := attribute("type", string(j.verdict)) + attribute("message", j.text)
	if element == "system-out" {
		text, said = string(j.verdict)+": "+text, ""
	}
	if j.file != "" && j.line > 0 {
		text += "\n" + j.file + ":" + strconv.Itoa(j.line)
	}
	fmt.Fprintf(&s.cases, "    <testcase%s%s>\n      <%s%s>%s</%s>\n    </testcase>\n",
		attribute("name", j.name), attribute("classname", "plimsoll."+s.name), element, said, escaped(text), element)
}

// attribute is an attribute of XML with a space in front, nothing for one that
// is empty. A name may be.
func attribute(name, value string) string {
	if value == "" && name != "name" {
		return ""
	}
	return " " + name + `="` + escaped(value) + `"`
}

// escaped makes text safe in XML. What XML 1.0 has no character for becomes
// U+FFFD.
func escaped(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a Buffer takes everything
	return b.String()
}

// junitTime is a time as Ant, whose format this is, writes it: without a zone.
func junitTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05")
}
