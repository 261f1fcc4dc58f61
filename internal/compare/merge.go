package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// absent says of a service that it should have been compared.
const absent = "no comparison of it was found: the job that measures it has failed, was cancelled or has not saved one"

// Merge joins the comparisons that several jobs made, of one or more services
// each. Services stand in the order in which they are expected, then by name. One
// that is expected and not there is missing. Of a service that is there twice the
// graver result is kept, and told.
func Merge(all []record.Comparison, expected []string) record.Comparison {
	m := merger{Comparison: Untouched(), place: map[string]int{}, told: map[string]bool{}, tools: map[string][]string{}}
	m.settle(all)
	for _, c := range all {
		m.add(c)
	}
	for _, name := range expected {
		if _, there := m.place[name]; !there {
			m.put(record.Service{Name: name, Verdict: record.Missing, Warnings: []string{absent}, Metrics: []record.Change{}})
		}
	}
	if len(m.Services) == 0 {
		m.Warnings, m.Incomplete = append(m.Warnings, "nothing was compared"), true
	}
	m.sort(expected)
	for _, s := range m.Services {
		m.Verdict = record.Worst(m.Verdict, s.Verdict)
	}
	m.Verdict = orMissing(m.Verdict, m.Incomplete)
	m.warnOfTools()
	return m.Comparison
}

// Untouched is the comparison where there was nothing to compare: none of the
// services changed.
func Untouched() record.Comparison {
	return record.Comparison{Schema: record.ComparisonSchema, Verdict: record.None, Warnings: []string{}, Services: []record.Service{}}
}

type merger struct {
	record.Comparison
	place map[string]int      // of a service, by its name
	told  map[string]bool     // the warnings of all
	tools map[string][]string // the services that a version measured
	order []string            // of the versions
}

// settle takes what all have in common. Where they differ in what inconclusive
// counts as, the strictest holds; a service then keeps its own configuration.
func (m *merger) settle(all []record.Comparison) {
	for i, c := range all {
		if i == 0 {
			m.Config, m.OnInconclusive = c.Config, c.OnInconclusive
		}
		if c.Config != m.Config {
			m.Config = ""
		}
		m.OnInconclusive = stricter(m.OnInconclusive, c.OnInconclusive)
	}
}

// stricter orders fail before pass before neutral, which only holds where all
// ask for it.
func stricter(a, b record.Verdict) record.Verdict {
	for _, v := range []record.Verdict{record.Fail, record.Pass, "", record.Neutral} {
		if a == v || b == v {
			return v
		}
	}
	return a
}

func (m *merger) add(c record.Comparison) {
	if c.Created.After(m.Created) {
		m.Created = c.Created
	}
	for _, w := range c.Warnings {
		if !m.told[w] {
			m.told[w] = true
			m.Warnings = append(m.Warnings, w)
		}
	}
	worst := record.None
	for _, s := range c.Services {
		worst = record.Worst(worst, s.Verdict)
		if s.Config == "" && c.Config != m.Config {
			s.Config = c.Config
		}
		m.put(s)
		m.measuredBy(c.Tool, s.Name)
	}
	m.Incomplete = m.Incomplete || c.Incomplete || c.Verdict != worst
}

// put adds a service, or keeps the graver of two.
func (m *merger) put(s record.Service) {
	at, there := m.place[s.Name]
	if !there {
		m.place[s.Name] = len(m.Services)
		m.Services = append(m.Services, s)
		return
	}
	was := m.Services[at].Verdict
	ends := fmt.Sprintf("with the verdicts %s and %s: the graver one counts", was, s.Verdict)
	if was == s.Verdict {
		ends = fmt.Sprintf("both times with the verdict %s: the first one is shown", was)
	}
	m.Warnings = append(m.Warnings, fmt.Sprintf("service %s was compared twice, %s", s.Name, ends))
	if record.Worst(was, s.Verdict) != was {
		m.Services[at] = s
	}
}

func (m *merger) measuredBy(tool, service string) {
	if _, known := m.tools[tool]; !known {
		m.order = append(m.order, tool)
	}
	if !slices.Contains(m.tools[tool], service) {
		m.tools[tool] = append(m.tools[tool], service)
	}
}

// warnOfTools tells of services that different versions have measured.
func (m *merger) warnOfTools() {
	if len(m.order) == 0 {
		return
	}
	m.Tool = m.order[0]
	if len(m.order) == 1 {
		return
	}
	var each []string
	for _, tool := range m.order {
		each = append(each, fmt.Sprintf("%s by %s", strings.Join(m.tools[tool], ", "), cmp.Or(tool, "an unknown version")))
	}
	m.Warnings = append(m.Warnings, "the services were measured by different versions: "+strings.Join(each, "; "))
}

func (m *merger) sort(expected []string) {
	rank := func(s record.Service) int {
		if i := slices.Index(expected, s.Name); i >= 0 {
			return i
		}
		return len(expected)
	}
	slices.SortStableFunc(m.Services, func(a, b record.Service) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Name, b.Name))
	})
}
