package compare

import (
	"fmt"
	"maps"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// pair is one boot of each image, made together.
type pair struct {
	number     int
	base, head *record.Trial
}

// pairing is what the trials of both sides come to.
type pairing struct {
	counted []pair   // by number
	voids   []string // why each voided pair does not count, by number
}

// match joins the trials of both sides by pair number. Warm-ups (number 0) and
// pairs of which one boot is still to come take no part.
func match(base, head []record.Trial) pairing {
	bases, heads := byPair(base), byPair(head)
	numbers := slices.Collect(maps.Keys(bases))
	for n := range heads {
		if _, both := bases[n]; !both {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	var p pairing
	for _, n := range numbers {
		if why := void(n, bases[n], heads[n]); why != "" {
			p.voids = append(p.voids, why)
		} else if len(bases[n]) == 1 && len(heads[n]) == 1 {
			p.counted = append(p.counted, pair{n, bases[n][0], heads[n][0]})
		}
	}
	return p
}

func byPair(trials []record.Trial) map[int][]*record.Trial {
	m := map[int][]*record.Trial{}
	for i := range trials {
		if n := trials[i].Pair; n > 0 {
			m[n] = append(m[n], &trials[i])
		}
	}
	return m
}

// void says why a pair does not count, or "" where it does. Two boots of one
// image under one number leave open which of them belongs to the pair; choosing
// would be choosing a result.
func void(number int, base, head []*record.Trial) string {
	for _, t := range append(slices.Clone(base), head...) {
		if t.Void != "" {
			return t.Void
		}
	}
	if len(base) > 1 || len(head) > 1 {
		return fmt.Sprintf("pair %d has %d boots of base and %d of head", number, len(base), len(head))
	}
	return ""
}
