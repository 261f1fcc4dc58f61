package compare

import (
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Accept is a comparison whose fails somebody has signed off: they become
// accepted, and so does what is inconclusive where that counts as a fail. What
// could not be measured stays missing, since nobody knows what was signed. A
// comparison without any of these is given back as it is.
func Accept(c record.Comparison, by record.Acceptance) record.Comparison {
	by.Metrics = []string{}
	signed := rejudge(c, func(s record.Service, m record.Change) record.Verdict {
		fails := m.Verdict == record.Fail || m.Verdict == record.Inconclusive && c.OnInconclusive == record.Fail
		if !fails {
			return m.Verdict
		}
		by.Metrics = append(by.Metrics, s.Name+" "+string(m.ID))
		return record.Accepted
	})
	if len(by.Metrics) == 0 {
		return c
	}
	signed.Accepted = &by
	return signed
}

// Withdraw is a comparison as if nobody had signed anything off. A saved file may
// say so of anybody: what it calls accepted is a fail again until it is asked for
// anew.
func Withdraw(c record.Comparison) record.Comparison {
	c = rejudge(c, func(_ record.Service, m record.Change) record.Verdict {
		if m.Verdict == record.Accepted {
			return record.Fail
		}
		return m.Verdict
	})
	c.Accepted = nil
	return c
}

// rejudge gives every metric another verdict, and lets those of the services and
// of the whole follow.
func rejudge(c record.Comparison, verdict func(record.Service, record.Change) record.Verdict) record.Comparison {
	c.Services = slices.Clone(c.Services)
	incomplete := c.Incomplete || c.Verdict == record.Missing
	c.Verdict = record.None
	for i := range c.Services {
		s := &c.Services[i]
		s.Incomplete = s.Incomplete || s.Verdict == record.Missing
		s.Metrics, s.Verdict = slices.Clone(s.Metrics), record.None
		for j := range s.Metrics {
			s.Metrics[j].Verdict = verdict(*s, s.Metrics[j])
			s.Verdict = record.Worst(s.Verdict, s.Metrics[j].Verdict)
		}
		s.Verdict = orMissing(s.Verdict, s.Incomplete)
		c.Verdict = record.Worst(c.Verdict, s.Verdict)
	}
	c.Verdict = orMissing(c.Verdict, incomplete)
	return c
}

// orMissing is a verdict on what may lack a part.
func orMissing(v record.Verdict, incomplete bool) record.Verdict {
	if incomplete {
		return record.Worst(v, record.Missing)
	}
	return v
}
