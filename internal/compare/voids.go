package compare

import (
	"fmt"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// warning tells how many pairs were voided, what for, and why the first of them
// was, or "" where none was.
func (p pairing) warning() string {
	if len(p.voids) == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d pairs do not count%s; the first: %s",
		len(p.voids), len(p.voids)+len(p.counted), mostly(p.voids), p.voids[0])
}

// noise says of a run that voids have ended before its last look that the machine
// was too noisy, "" of any other. It stands in front of what is undecided.
func (m *matchup) noise() string {
	looks := Looks(m.family())
	if len(m.voids) < stat.MaxVoided(looks) || len(m.pairs) >= looks[len(looks)-1] {
		return ""
	}
	return fmt.Sprintf("machine too noisy: %d of %d pairs voided%s; ", len(m.voids), len(m.voids)+len(m.pairs), mostly(m.voids))
}

// mostly names the commonest cause of voids that say CAUSE: DETAILS, "" where none
// does.
func mostly(voids []string) string {
	causes := map[string]int{}
	for _, why := range voids {
		if cause, _, named := strings.Cut(why, ": "); named {
			causes[cause]++
		}
	}
	if len(causes) == 0 {
		return ""
	}
	return ", most for " + stat.Commonest(causes)
}
