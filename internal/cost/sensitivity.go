package cost

import "github.com/plimsoll-ci/plimsoll/internal/record"

// furthest is how many times what was measured a slope looks ahead for a step.
const furthest = 64

// sensitivity gives the slope of the price by every input that was measured.
func (m *Model) sensitivity(in Inputs, month float64) []record.CostSlope {
	var slopes []record.CostSlope
	for _, q := range quantities {
		if q.id == record.ImagePull || q.get(&in) == 0 {
			continue // the bytes a node must fetch grow with the image
		}
		slopes = append(slopes, m.slope(in, q, month))
	}
	return slopes
}

// slope doubles an input until the price has risen twice in a row, so that it is
// the mean over steps. Where nothing larger has a price, it looks the other way.
func (m *Model) slope(in Inputs, q quantity, month float64) record.CostSlope {
	x := q.get(&in)
	s := record.CostSlope{Input: q.id, Per: q.per, From: x, To: x}
	last, risen := month, 0
	for to := 2 * x; to <= furthest*x && risen < 2; to *= 2 {
		usd, err := m.Month(more(in, q, to))
		if err != nil {
			break
		}
		if usd > last*(1+alike) {
			risen++
		}
		s.To, last = to, usd
	}
	if s.To == s.From {
		usd, err := m.Month(more(in, q, x/2))
		if err != nil {
			return s
		}
		s.From, last, month = x/2, month, usd
	}
	s.Amount = max(0, (last-month)/(s.To-s.From)*q.per)
	return s
}

// more are the inputs with another amount of one. A larger image is more to keep
// and as much more to fetch.
func more(in Inputs, q quantity, v float64) Inputs {
	if q.id == record.ImageCompressed {
		in.Pull = max(0, in.Pull+record.Bytes(v)-in.Compressed)
	}
	q.set(&in, v)
	return in
}
