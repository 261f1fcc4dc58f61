package record

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"unicode"
)

// mostFaults bounds what is told of a file that is wrong throughout.
const mostFaults = 20

// Bounds of a comparison's values, far above any real one. The sum of as many as
// a file can hold stays within its type.
const (
	maxNumber = 1e15
	maxWhole  = 1 << 45 // 35 TB, in bytes
	maxName   = 200     // bytes of a service's name
	maxPath   = 1024
	maxLine   = 1_000_000
)

// faults collects what is wrong with a comparison.
type faults []error

func (f *faults) add(where, format string, args ...any) {
	if len(*f) == mostFaults {
		*f = append(*f, errors.New("and more"))
	}
	if len(*f) < mostFaults {
		*f = append(*f, fmt.Errorf("%s: "+format, append([]any{where}, args...)...))
	}
}

// check finds out whether a comparison holds together.
func (c *Comparison) check() error {
	var f faults
	checkNumbers(&f, c)
	c.checkHead(&f)
	seen := map[string]bool{}
	verdicts := []Verdict{None}
	for i := range c.Services {
		s := &c.Services[i]
		where := fmt.Sprintf("services[%d]", i)
		if seen[s.Name] {
			f.add(where, "a second service %s", shown(s.Name))
		}
		seen[s.Name] = true
		verdicts = append(verdicts, s.Verdict)
		s.check(&f, where, c.Accepted != nil)
	}
	follows(&f, "verdict", c.Verdict, Worst(verdicts...), c.Incomplete)
	return errors.Join(f...)
}

func (c *Comparison) checkHead(f *faults) {
	switch c.OnInconclusive {
	case "", Pass, Fail, Neutral:
	default:
		f.add("on_inconclusive", "%s, expected pass, fail or neutral", shown(string(c.OnInconclusive)))
	}
	checkPath(f, "config", c.Config)
	if a := c.Accepted; a != nil && (len(a.By) > maxName || len(a.Label) > maxName || len(a.Head) > maxName || !printable(a.By+a.Label+a.Head)) {
		f.add("accepted", "expected a login, a label and a commit")
	}
}

// checkPath takes what lies within a repository.
func checkPath(f *faults, where, path string) {
	if path == "" {
		return
	}
	if !filepath.IsLocal(path) || len(path) > maxPath || strings.Contains(path, `\`) || !printable(path) {
		f.add(where, "%s, expected a path within the repository", shown(path))
	}
}

// follows holds a verdict against the gravest of its parts. Where something could
// not be measured that is no part of them, it is missing or graver.
func follows(f *faults, where string, verdict, worst Verdict, incomplete bool) {
	graver := Worst(worst, Missing)
	switch {
	case !verdict.Known():
		f.add(where, "%s, expected pass, fail, inconclusive, none, missing or accepted", shown(string(verdict)))
	case verdict == graver || verdict == worst && !incomplete:
	case incomplete:
		f.add(where, "%s, but it is incomplete: expected %s", verdict, graver)
	default:
		f.add(where, "%s, but the gravest of its parts is %s", verdict, worst)
	}
}

func (s *Service) check(f *faults, where string, signed bool) {
	if s.Name == "" || len(s.Name) > maxName || !printable(s.Name) {
		f.add(where+".name", "%s, expected at most %d bytes on one line", shown(s.Name), maxName)
	}
	checkPath(f, where+".config", s.Config)
	if s.Pairs < 0 || s.Voided < 0 {
		f.add(where, "%d pairs, %d voided: none can be negative", s.Pairs, s.Voided)
	}
	absent := s.Verdict == Missing && len(s.Metrics) == 0
	s.Base.check(f, where+".base", absent)
	s.Head.check(f, where+".head", absent)
	seen := map[MetricID]bool{}
	worst := None
	for i := range s.Metrics {
		m := &s.Metrics[i]
		at := fmt.Sprintf("%s.metrics[%d]", where, i)
		if seen[m.ID] {
			f.add(at, "a second %s", shown(string(m.ID)))
		}
		seen[m.ID] = true
		m.check(f, at)
		if m.Verdict == Accepted && !signed {
			f.add(at, "accepted, but nobody signed it off")
		}
		worst = Worst(worst, m.Verdict)
	}
	follows(f, where+".verdict", s.Verdict, worst, s.Incomplete)
	if s.Manifest != nil {
		for i, finding := range s.Manifest.Findings {
			if finding.Line < 0 || finding.Line > maxLine || finding.Column < 0 {
				f.add(fmt.Sprintf("%s.manifest.findings[%d]", where, i), "line %d, column %d: no such place", finding.Line, finding.Column)
			}
		}
	}
}

// check holds for each side of a service that was reached.
func (r *Record) check(f *faults, where string, absent bool) {
	if !absent && (r.Schema != RecordSchema || r.Image == "") {
		f.add(where, "schema %s of image %s, expected %q and an image", shown(r.Schema), shown(r.Image), RecordSchema)
	}
	for i := range r.Trials {
		t, m := &r.Trials[i], &r.Trials[i].Memory
		if t.Pair < 0 || t.Order < 0 || t.Order > 1 {
			f.add(fmt.Sprintf("%s.trials[%d]", where, i), "pair %d, order %d: expected a pair from 0 and an order of 0 or 1", t.Pair, t.Order)
		}
		if len(m.At) != len(m.Unreclaimable) || len(m.At) != len(m.Cache) {
			f.add(fmt.Sprintf("%s.trials[%d].memory", where, i), "columns of %d, %d and %d samples, expected the same number", len(m.At), len(m.Unreclaimable), len(m.Cache))
		}
	}
}

func (m *Change) check(f *faults, where string) {
	known, ok := Lookup(m.ID)
	switch {
	case !ok && !m.ID.ofScript():
		f.add(where, "%s, which this version of plimsoll does not know", shown(string(m.ID)))
	case ok && m.Unit != known.Unit:
		f.add(where, "%s in %s, expected %s", m.ID, shown(string(m.Unit)), known.Unit)
	}
	switch {
	case !m.Verdict.Known():
		f.add(where+".verdict", "%s, expected pass, fail, inconclusive, none, missing or accepted", shown(string(m.Verdict)))
	case m.Budget == nil && m.Verdict != None:
		f.add(where, "%s without a budget", m.Verdict)
	case m.Verdict == Pass && known.Exact && m.broken():
		f.add(where, "pass, but head is over the budget")
	}
	if m.Direction != Lower && m.Direction != Higher {
		f.add(where+".direction", "%s, expected lower or higher", shown(string(m.Direction)))
	}
	if m.Line < 0 || m.Line > maxLine {
		f.add(where+".line", "%d: no such line", m.Line)
	}
	if m.N < 0 {
		f.add(where+".n", "%d pairs: none can be negative", m.N)
	}
}

// ofScript reports whether an identifier is that of a k6 threshold.
func (id MetricID) ofScript() bool {
	return strings.HasPrefix(string(id), scriptPrefix)
}

// broken reports whether the numbers of an exact metric contradict a pass. What
// they leave open, such as a growth that is judged by another size, they do not.
func (m *Change) broken() bool {
	if m.Base == nil || m.Head == nil || m.Budget == nil || m.ID == ImagePull {
		return false
	}
	b, base, head := m.Budget, *m.Base, *m.Head
	const rounding = 1e-6
	if b.Max != nil && head > *b.Max*(1+rounding)+rounding && base <= *b.Max {
		return true
	}
	grow := 0.0
	if b.Grow != nil {
		grow = *b.Grow
	}
	return (b.Grow != nil || b.Floor > 0) && head-base > max(grow*math.Abs(base), b.Floor)+rounding*(1+math.Abs(base))
}

// printable takes text on one line without anything that a terminal obeys.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}
